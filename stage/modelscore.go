package stage

// ModelScore is what a language model thinks of a commit, by the criteria of a
// rubric. All scores lie between 1, the worst, and 5, the best.
type ModelScore struct {
	// Model is the model's name, as the server knows it.
	Model string `json:"model"`
	// Rubric names the text of the question: its name and version, and the
	// beginning of its hash, such as "teaching/1@3f9c0a5be1d2". Scores by
	// different rubrics are not to be compared.
	Rubric string `json:"rubric"`
	// Overall is the verdict on the whole commit; 0 if there is none.
	Overall uint8 `json:"overall"`
	// Reason is why, in the model's own words.
	Reason string `json:"reason"`
	// Criteria are the single verdicts, in the rubric's order.
	Criteria []CriterionScore `json:"criteria"`
	// Failure tells why there is no verdict: the server gave none, or one that
	// does not fit the rubric. Empty where there is one.
	Failure string `json:"failure"`
}

// CriterionScore is the verdict by one criterion.
type CriterionScore struct {
	Criterion string `json:"criterion"`
	Score     uint8  `json:"score"`
	Reason    string `json:"reason"`
}

// ModelScore gives the verdict of a model on the commit, or nil if there is
// none. With an empty name it is the one with the lowest overall score of all
// models that have judged the commit: to ask for at least 4 then asks for the
// consent of all. Where a model has judged by several rubrics, the lowest
// counts too.
func (c *Commit) ModelScore(model string) *ModelScore {
	var least *ModelScore
	for i := range c.ModelScores {
		s := &c.ModelScores[i]
		if s.Failure != "" || model != "" && s.Model != model {
			continue
		}
		if least == nil || s.Overall < least.Overall {
			least = s
		}
	}
	return least
}

// SetModelScore adds a score to the commit's ModelScores, or puts it in the place
// of the one by the same model and rubric.
func (c *Commit) SetModelScore(score ModelScore) {
	for i := range c.ModelScores {
		if old := &c.ModelScores[i]; old.Model == score.Model && old.Rubric == score.Rubric {
			*old = score
			return
		}
	}
	c.ModelScores = append(c.ModelScores, score)
}

// Judgment is what a model answered to the question about a commit, as it is
// kept, so that nobody has to ask again. Commit, Model and Rubric are its key.
type Judgment struct {
	Repo   string `json:"repo"`
	Commit Hash   `json:"commit"`
	ModelScore
	// Answer is the beginning of the last answer where there is a Failure.
	Answer string `json:"answer"`
	// PromptTokens and AnswerTokens are what the answers took, by the server's
	// count, or by an estimate where it does not count.
	PromptTokens int `json:"prompt_tokens"`
	AnswerTokens int `json:"answer_tokens"`
	// Seconds is when the answer came, since 1970 in UTC.
	Seconds int64 `json:"seconds"`
}
