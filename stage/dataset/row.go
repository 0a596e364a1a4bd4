package dataset

import "github.com/commitflow/commitflow/stage"

// Row is an example as it is written: the columns of its format, those that all
// rows have, and those of its mode, side by side in one JSON object.
type Row struct {
	// Texts are the columns of a [Format], as a pointer to a struct.
	Texts any
	*Metadata
	// Details are the columns of a mode, or nil.
	Details any
	// Tier tells the row's tier, or is nil.
	Tier *TierDetails

	tier, split string
	patchID     stage.Hash // see [LeakCheck]
}

// Partition gives the config of the row, which is its tier, and its split; the config is
// "" where there are no tiers, and the split is "train" where there are no splits.
func (r *Row) Partition() (config, split string) {
	if r.split == "" {
		return r.tier, TrainSplit
	}
	return r.tier, r.split
}

// Columns gives the structs whose fields are the row's columns, in order; a sink
// writes them as one object.
func (r *Row) Columns() []any {
	columns := []any{r.Texts, r.Metadata}
	if r.Details != nil {
		columns = append(columns, r.Details)
	}
	if r.Tier != nil {
		columns = append(columns, r.Tier)
	}
	return columns
}

// Identity names the row in errors.
func (r *Row) Identity() string { return "commit " + r.Commit.String() }

// Size estimates the bytes of memory that the row's texts hold: a sink makes room
// by it, and the pipeline's limit on bytes in flight counts with it.
func (r *Row) Size() int {
	size := r.Metadata.size() + sizeOfDetails(r.Details)
	if r.Tier != nil {
		size += 128 + len(r.Tier.TierReason)
	}
	switch texts := r.Texts.(type) {
	case *alpacaColumns:
		size += len(texts.Instruction) + len(texts.Input) + len(texts.Output)
	case *messagesColumns:
		size += sizeOfMessages(texts.Messages)
	case *completionColumns:
		size += len(texts.Prompt) + len(texts.Completion)
	case *textColumns:
		size += len(texts.Text)
	case *preferenceColumns:
		size += len(texts.Prompt) + len(texts.Chosen) + len(texts.Rejected)
	case *preferenceMessagesColumns:
		size += sizeOfMessages(texts.Prompt) + sizeOfMessages(texts.Chosen) + sizeOfMessages(texts.Rejected)
	}
	return size
}

func sizeOfMessages(messages []Message) int {
	size := 0
	for i := range messages {
		size += 64 + len(messages[i].Content)
	}
	return size
}

// RepairUTF8 marks the row as repaired, and reports that it did. The modes make
// valid UTF-8 of what they take from a repository; this is for rows of another
// origin. The metadata are copied before they are changed, and so another copy of
// the row stays as it is.
func (r *Row) RepairUTF8() bool {
	metadata := *r.Metadata
	metadata.repair()
	metadata.Repaired = true
	r.Metadata = &metadata
	return true
}
