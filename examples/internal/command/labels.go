package command

import (
	"fmt"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/stage"
)

// Labels scores, places, tags and links commits. Of what it finds out nothing
// needs a patch.
func Labels(commits stage.Stream[*stage.Commit], linker *stage.ChainLinker, workers stage.StageOption) stage.Stream[*stage.Commit] {
	scored := stage.Through(commits, score.Heuristic{}, workers)
	placed := stage.Through(scored, stage.Subsystems{}, workers)
	tagged := stage.Through(placed, stage.Classifier{}, workers)
	return stage.Through(tagged, linker, workers)
}

// Summary prints what each stage did, and which links there are.
func Summary(report *stage.Report, linker *stage.ChainLinker) {
	fmt.Println(report)
	if linker == nil {
		return
	}
	for _, count := range linker.Counts() {
		if count.Stated > 0 {
			fmt.Println(count)
		}
	}
}
