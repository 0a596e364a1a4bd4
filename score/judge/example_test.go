package judge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/commitflow/commitflow/score/judge"
	"github.com/commitflow/commitflow/stage"
)

func ExampleModel() {
	// Stands for Ollama, vLLM, llama.cpp or a hosted server.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer := `{"why": {"reason": "it names the early return", "score": 5}, "overall": {"reason": "short and clear", "score": 4}}`
		_ = json.NewEncoder(w).Encode(map[string]any{"choices": []any{
			map[string]any{"finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": answer}},
		}})
	}))
	defer server.Close()

	rubric, err := judge.ParseRubric(`{{define "name"}}why{{end}}{{define "version"}}1{{end}}
{{define "criteria"}}why: the message says why the change is needed{{end}}
{{define "system"}}Judge the commit by: {{range .Criteria}}{{.Name}} ({{.Meaning}}), {{end}}overall.{{end}}
{{define "commit"}}{{.Message}}
{{.Patch}}{{end}}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	model := &judge.Model{Endpoint: server.URL + "/v1", Name: "judge", Rubric: rubric}

	p := stage.New("judge")
	commits := stage.From(p, stage.Source[*stage.Commit](stage.SourceFunc[*stage.Commit](func(_ context.Context, emit func(*stage.Commit) error) error {
		return emit(aCommit(1))
	})))
	stage.To(judge.Ask(commits, model), stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		verdict := it.Value.ModelScore("judge")
		fmt.Println(verdict.Overall, verdict.Reason)
		for _, c := range verdict.Criteria {
			fmt.Println(c.Criterion, c.Score, c.Reason)
		}
		return nil
	}))
	if _, err := p.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 4 short and clear
	// why 5 it names the early return
}
