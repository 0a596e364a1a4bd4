package command

import (
	"fmt"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// Labels scores, places, tags and links the commits of a repository, and tells
// who stands behind them. Of what it finds out nothing needs a patch.
func Labels(commits stage.Stream[*stage.Commit], git *source.Git, linker *stage.ChainLinker, workers stage.StageOption) stage.Stream[*stage.Commit] {
	scored := stage.Through(commits, score.Heuristic{}, workers)
	named := stage.Through(scored, &stage.People{Mailmaps: git}, workers)
	placed := stage.Through(named, &stage.Maintainers{Mailmaps: git}, workers)
	known := stage.Through(placed, &stage.Authors{})
	judged := stage.Through(known, score.Expertise{}, workers)
	tagged := stage.Through(judged, stage.Classifier{}, workers)
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
