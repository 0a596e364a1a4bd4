package card

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/commitflow/commitflow/stage/dataset"
)

// recipe is what the two configurations differ in.
type recipe struct {
	title, file  string
	settings     string
	learningRate string
	output       string
}

const (
	baseModel = "Qwen/Qwen2.5-Coder-7B"
	chatModel = "Qwen/Qwen2.5-Coder-7B-Instruct" // has a chat template of its own
	// maxContext is the context of these models.
	maxContext = 32768
	// turnTokens is room for what a template adds to a row.
	turnTokens = 128
	// contextStep is what sequence lengths are multiples of.
	contextStep = 256

	trainSplit      = "train"
	validationSplit = "validation"
	// minHeldOut is the number of rows from which on some are held out for evaluation
	// where there is no split for that.
	minHeldOut = 200
)

var (
	qlora = recipe{
		title: "QLoRA of a 7B model, for one GPU.",
		file:  Axolotl,
		settings: `load_in_4bit: true
adapter: qlora
lora_r: 32
lora_alpha: 64
lora_dropout: 0.05
lora_target_linear: true
`,
		learningRate: "0.0002",
		output:       "./outputs/qlora",
	}
	full = recipe{
		title: "All weights of a 7B model, sharded over the GPUs of a machine.",
		file:  AxolotlFull,
		settings: `fsdp_version: 2
fsdp_config:
  offload_params: false
  cpu_ram_efficient_loading: true
  auto_wrap_policy: TRANSFORMER_BASED_WRAP
  transformer_layer_cls_to_wrap: Qwen2DecoderLayer
  state_dict_type: FULL_STATE_DICT
  reshard_after_forward: true
`,
		learningRate: "0.00001",
		output:       "./outputs/full",
	}
)

// axolotl gives a configuration of Axolotl for the dataset in a directory, of which it
// needs the name.
func (c *Card) axolotl(r *recipe, dir string) []byte {
	var out bytes.Buffer
	say := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	preference := c.Mode == dataset.ModePreference
	length := c.sequenceLength()

	say("# %s", r.title)
	say("# Written for the rows beside it. In this directory:")
	say("#   axolotl train %s", r.file)
	say("# It names the directory, and is to be changed where that is renamed.\n")
	model := baseModel
	if preference || c.Format == dataset.Messages {
		model = chatModel
	}
	say("base_model: %s\n%s", model, r.settings)

	if preference {
		say("rl: dpo\nrl_beta: 0.1")
	}
	trained, validated := c.rowsOf(trainSplit), c.rowsOf(validationSplit)
	if trained == 0 {
		say("# There are no rows to train on.")
	}
	say("datasets:\n%s", strings.TrimSuffix(c.axolotlDataset(dir, trainSplit), "\n"))
	switch {
	case validated > 0:
		say("test_datasets:\n%s", strings.TrimSuffix(c.axolotlDataset(dir, validationSplit), "\n"))
	case trained >= minHeldOut:
		say("# There is no validation split: some rows are held out. They are of the same time and\n# perhaps of the same changes as others.\nval_set_size: 0.02")
	default:
		say("val_set_size: 0")
	}
	say("dataset_prepared_path: ./outputs/prepared\noutput_dir: %s\n", r.output)

	total := c.Statistics.Total()
	if above := total.Above(length - turnTokens); above > 0 {
		say("# %d of %d rows are longer and left out (counted as %s).", above, total.Len(), c.tokenizer())
	}
	say("sequence_len: %d\nexcess_length_strategy: drop", length)
	if !preference {
		say("sample_packing: true\neval_sample_packing: false\nremove_unused_columns: false\npad_to_sequence_len: true")
	}
	if c.Format == dataset.Alpaca || c.Format == dataset.PromptCompletion && !preference {
		say("train_on_inputs: false")
	}
	say("")
	say("micro_batch_size: 1\ngradient_accumulation_steps: 8\nnum_epochs: 2")
	optimizer := "paged_adamw_8bit"
	if r == &full {
		optimizer = "adamw_torch_fused"
	}
	rate := r.learningRate
	if preference {
		rate = "0.000005"
		if r == &full {
			rate = "0.0000005"
		}
	}
	say("optimizer: %s\nlr_scheduler: cosine\nlearning_rate: %s\nwarmup_ratio: 0.05\nweight_decay: 0.0\n", optimizer, rate)
	say("bf16: true\ntf32: true\ngradient_checkpointing: true\nattn_implementation: flash_attention_2\n")
	if validated > 0 || trained >= minHeldOut {
		say("evals_per_epoch: 4")
	}
	say("saves_per_epoch: 1\nlogging_steps: 10\nseed: 42")
	return out.Bytes()
}

// axolotlDataset names a split of the dataset. The directory is named and not the
// files, so that the card's types are used: without them the loading fails where the
// first rows do not show the types of later ones. It is named by its own name, since
// `datasets` wants one. A configuration for preferences cannot name a config; the first
// one, which holds all rows, is the default.
func (c *Card) axolotlDataset(dir, split string) string {
	text := fmt.Sprintf("  - path: %s\n    split: %s\n", quoted("../"+dir), split)
	if tiers := c.tiers(); len(tiers) > 0 && c.Mode != dataset.ModePreference {
		text += fmt.Sprintf("    # name: %s   # only these rows\n", tiers[0])
	}
	return text + c.axolotlType()
}

// quoted writes a text as YAML takes it, whatever is in it.
func quoted(text string) string {
	encoded, err := yaml.Marshal(text)
	if err != nil {
		return fmt.Sprintf("%q", text)
	}
	return strings.TrimSuffix(string(encoded), "\n")
}

// rowsOf is the number of rows in a split.
func (c *Card) rowsOf(name string) int64 {
	for _, config := range c.configs()[:min(1, len(c.configs()))] {
		for _, split := range config.splits {
			if split.name == name {
				return split.rows
			}
		}
	}
	return 0
}

// axolotlType says how Axolotl reads the columns.
func (c *Card) axolotlType() string {
	switch {
	case c.Mode == dataset.ModePreference: // texts and messages alike
		return "    type: chat_template.default\n    field_messages: prompt\n    field_chosen: chosen\n    field_rejected: rejected\n"
	case c.Format == dataset.Messages:
		return "    type: chat_template\n    field_messages: messages\n    roles_to_train:\n      - assistant\n"
	case c.Format == dataset.PromptCompletion:
		return "    type:\n      field_instruction: prompt\n      field_output: completion\n      format: \"{instruction}\\n\"\n      no_input_format: \"{instruction}\\n\"\n"
	case c.Format == dataset.Text:
		return "    type: completion\n    field: text\n"
	}
	return "    type: alpaca\n"
}

// sequenceLength gives the tokens that a row may have in training: those of the
// budget and what a template adds, or enough for 95 of 100 rows.
func (c *Card) sequenceLength() int {
	tokens := c.MaxTokens
	if tokens == 0 {
		const share = 0.95
		tokens = c.Statistics.Total().Quantile(share)
	}
	tokens = min(tokens, maxContext) + turnTokens
	return min((tokens+contextStep-1)/contextStep*contextStep, maxContext)
}

func (c *Card) tokenizer() string {
	if c.Tokenizer == "" {
		return "nothing"
	}
	return c.Tokenizer
}
