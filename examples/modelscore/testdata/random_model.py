"""Makes a tiny language model with random weights, in llama.cpp's format.

    python random_model.py random.gguf

It has two layers and a vocabulary of the 256 bytes, so every text has tokens
and nothing has to be downloaded. Bound to a JSON schema it gives answers that
fit and mean nothing.
"""

import sys

import gguf
import numpy

WIDTH, LAYERS, HEADS, INNER, CONTEXT = 64, 2, 4, 128, 16384


def write(path):
    random = numpy.random.default_rng(1)
    out = gguf.GGUFWriter(path, "llama")
    out.add_name("random")
    out.add_context_length(CONTEXT)
    out.add_embedding_length(WIDTH)
    out.add_block_count(LAYERS)
    out.add_feed_forward_length(INNER)
    out.add_head_count(HEADS)
    out.add_head_count_kv(HEADS)
    out.add_rope_dimension_count(WIDTH // HEADS)
    out.add_layer_norm_rms_eps(1e-5)

    tokens = [b"<unk>", b"<s>", b"</s>"] + [b"<0x%02X>" % byte for byte in range(256)]
    out.add_tokenizer_model("llama")
    out.add_token_list(tokens)
    out.add_token_scores([0.0] * len(tokens))
    out.add_token_types([gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
                        + [gguf.TokenType.BYTE] * 256)
    out.add_unk_token_id(0)
    out.add_bos_token_id(1)
    out.add_eos_token_id(2)
    out.add_vocab_size(len(tokens))

    def weights(name, *shape):
        values = (random.standard_normal(shape) * 0.05).astype(numpy.float32)
        if name == "output":
            values[3 + ord('"')] *= 20  # strings end soon: a quote is often likely
        out.add_tensor(name + ".weight", values)

    def norm(name):
        out.add_tensor(name + ".weight", numpy.ones(WIDTH, dtype=numpy.float32))

    weights("token_embd", len(tokens), WIDTH)
    weights("output", len(tokens), WIDTH)
    norm("output_norm")
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        norm(block + "attn_norm")
        norm(block + "ffn_norm")
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weights(block + part, WIDTH, WIDTH)
        weights(block + "ffn_gate", INNER, WIDTH)
        weights(block + "ffn_up", INNER, WIDTH)
        weights(block + "ffn_down", WIDTH, INNER)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


write(sys.argv[1])
