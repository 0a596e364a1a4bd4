// Package tokenizer counts the tokens of texts as language models do: with
// byte-level byte-pair encoding, the kind that GPT, Llama 3, Qwen, DeepSeek and
// StarCoder models have. [Default] is OpenAI's cl100k_base, which comes with the
// program; [Load] reads the tokenizer.json of a model, or a .tiktoken file.
//
// A text is first split into words by the tokenizer's pattern, and each word is
// encoded by itself. Source code repeats a lot, so that most counts come from a cache
// of words and one of lines, and the patterns in common use are matched by hand.
//
// Only counts are made. Names of special tokens in a text are counted as the plain
// text that they are there.
package tokenizer
