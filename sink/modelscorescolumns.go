package sink

import (
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/stage"
)

// judgmentColumns are those of the table model_scores, on their way to the
// server.
type judgmentColumns struct {
	input proto.Input

	repo, model, rubric        proto.ColStr
	hash                       hashes
	score                      proto.ColUInt8
	reason, failure, answer    proto.ColStr
	criteria, criteriaReasons  stringLists
	criteriaScores             *proto.ColArr[uint8]
	promptTokens, answerTokens proto.ColUInt32
	scoredAt                   proto.ColDateTime
}

func (t *judgmentColumns) init() {
	t.hash.Size = len(stage.Hash{})
	t.criteria, t.criteriaReasons = newStringLists(), newStringLists()
	t.criteriaScores = new(proto.ColUInt8).Array()
	t.scoredAt.Location = time.UTC
	t.input = proto.Input{
		column("repo", &t.repo), column("model", &t.model), column("rubric", &t.rubric), column("hash", &t.hash),
		column("score", &t.score), column("reason", &t.reason),
		column("criteria.name", t.criteria), column("criteria.score", t.criteriaScores), column("criteria.reason", t.criteriaReasons),
		column("failure", &t.failure), column("answer", &t.answer),
		column("prompt_tokens", &t.promptTokens), column("answer_tokens", &t.answerTokens), column("scored_at", &t.scoredAt),
	}
}

func (t *judgmentColumns) append(j *stage.Judgment) {
	t.repo.Append(j.Repo)
	t.model.Append(j.Model)
	t.rubric.Append(j.Rubric)
	t.hash.add(j.Commit)
	t.score.Append(j.Overall)
	t.reason.Append(j.Reason)
	for i := range j.Criteria {
		c := &j.Criteria[i]
		t.criteria.add(c.Criterion)
		t.criteriaScores.Data.Append(c.Score)
		t.criteriaReasons.add(c.Reason)
	}
	endRow(t.criteria.ColArr, t.criteriaReasons.ColArr)
	endRow(t.criteriaScores)
	t.failure.Append(j.Failure)
	t.answer.Append(j.Answer)
	t.promptTokens.Append(counted(j.PromptTokens))
	t.answerTokens.Append(counted(j.AnswerTokens))
	t.scoredAt.Append(time.Unix(j.Seconds, 0))
}

// counted is a count as the table has it.
func counted(n int) uint32 { return uint32(min(max(n, 0), 1<<32-1)) }

// judgmentResults are the same columns on their way back.
type judgmentResults struct {
	judgmentColumns
	rowHash     proto.ColFixedStr
	expressions string
	results     proto.Results
}

func newJudgmentResults() *judgmentResults {
	t := &judgmentResults{}
	t.init()
	t.rowHash.Size = len(stage.Hash{})
	text := func(name string) string { return "CAST(" + name + " AS String)" }
	list := func(name string) string { return "CAST(" + name + " AS Array(String))" }
	var expressions []string
	add := func(expression string, data proto.ColResult) {
		expressions = append(expressions, expression)
		t.results = append(t.results, proto.ResultColumn{Data: data})
	}
	add(text("repo"), &t.repo)
	add(text("model"), &t.model)
	add(text("rubric"), &t.rubric)
	add("hash", &t.rowHash)
	add("score", &t.score)
	add("reason", &t.reason)
	add(list("criteria.name"), t.criteria.ColArr)
	add("criteria.score", t.criteriaScores)
	add("criteria.reason", t.criteriaReasons.ColArr)
	add("failure", &t.failure)
	add("answer", &t.answer)
	add("prompt_tokens", &t.promptTokens)
	add("answer_tokens", &t.answerTokens)
	add("scored_at", &t.scoredAt)
	t.expressions = strings.Join(expressions, ", ")
	return t
}

// each gives the rows at hand.
func (t *judgmentResults) each(row func(*stage.Judgment) error) error {
	for i := range t.rowHash.Rows() {
		j := &stage.Judgment{
			Repo: t.repo.Row(i), Commit: stage.Hash(t.rowHash.Row(i)),
			ModelScore: stage.ModelScore{
				Model: t.model.Row(i), Rubric: t.rubric.Row(i), Overall: t.score[i],
				Reason: t.reason.Row(i), Failure: t.failure.Row(i),
			},
			Answer:       t.answer.Row(i),
			PromptTokens: int(t.promptTokens[i]), AnswerTokens: int(t.answerTokens[i]),
			Seconds: t.scoredAt.Row(i).Unix(),
		}
		names, scores, reasons := t.criteria.Row(i), t.criteriaScores.Row(i), t.criteriaReasons.Row(i)
		if len(names) != len(scores) || len(names) != len(reasons) {
			return fmt.Errorf("clickhouse: model_scores has a row of commit %s whose criteria do not fit together: delete it", j.Commit)
		}
		for k := range names {
			j.Criteria = append(j.Criteria, stage.CriterionScore{Criterion: names[k], Score: scores[k], Reason: reasons[k]})
		}
		if err := row(j); err != nil {
			return err
		}
	}
	return nil
}
