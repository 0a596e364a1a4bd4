package score_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/stage"
)

func show(c *stage.Commit) {
	fmt.Println(c.Quality.Score)
	for _, part := range c.Quality.Parts {
		fmt.Printf("%+v %s\n", part.Points, part.Rule)
	}
}

// The zero Heuristic has the usual weights and words.
func ExampleHeuristic() {
	c := &stage.Commit{Files: make([]stage.FileChange, 2)}
	c.SetMessage(`mm: free the page when the map fails

It leaked because nobody else holds it.

Fixes: 0123456789ab ("mm: map pages")
Signed-off-by: A U Thor <author@example.com>
`)
	_ = score.Heuristic{}.Process(context.Background(), c, show)
	// Output:
	// 80
	// 20 base
	// 15 signed-off-by
	// 20 fixes
	// 15 rationale
	// 10 few-files
}

// A project that does not sign off, has words of its own, and likes tests.
func ExampleHeuristic_options() {
	h := score.Heuristic{
		Weights:      map[string]float32{score.RuleSignedOffBy: 0, score.RuleBase: 30},
		TrivialWords: score.NewWords(append(score.DefaultTrivialWords(), "spelling", "bump version")...),
		Rules: []score.Rule{{
			Name: "tests",
			Points: func(c *stage.Commit) float32 {
				for i := range c.Files {
					if strings.Contains(c.Files[i].Path(), "test") {
						return 25
					}
				}
				return 0
			},
		}},
	}
	if err := h.Open(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	c := &stage.Commit{Files: []stage.FileChange{{NewPath: "mm/page.c"}, {NewPath: "mm/page_test.c"}}}
	c.SetMessage("mm: free the page\n\nSigned-off-by: A U Thor <author@example.com>\n")
	_ = h.Process(context.Background(), c, show)
	// Output:
	// 65
	// 30 base
	// 10 few-files
	// 25 tests
}

// An exception hides the phrases that begin in it.
func ExampleNewWords() {
	h := score.Heuristic{RationaleWords: score.NewWords("since", "!since #")}
	for _, body := range []string{"It fails, since nobody waits.", "It fails since v6.1."} {
		c := &stage.Commit{}
		c.SetMessage("net: wait for the link\n\n" + body + "\n")
		_ = h.Process(context.Background(), c, func(c *stage.Commit) { fmt.Println(c.Quality.Score) })
	}
	// Output:
	// 35
	// 20
}
