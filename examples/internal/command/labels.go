package command

import (
	"context"
	"flag"
	"fmt"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// Labels are the stages that tell of a commit what need not be looked up in its
// patch: its score, the people behind it, its subsystems, tags and links.
type Labels struct {
	// Groups makes the stages know which commits belong together, see [Labels.Linker].
	Groups bool

	vulns      string
	classifier stage.Classifier
	linker     *stage.ChainLinker
}

// Flags adds the flag -vulns.
func (l *Labels) Flags(flags *flag.FlagSet) {
	flags.StringVar(&l.vulns, "vulns", "", "directory of a clone of the Linux kernel's vulns repository, for CVEs and the tags' strength")
}

// Open reads the list of CVEs, if there is one.
func (l *Labels) Open(ctx context.Context) error {
	if l.vulns == "" {
		return nil
	}
	vulns, err := source.ReadVulns(ctx, l.vulns, "")
	if err != nil {
		return err
	}
	l.classifier.CVEs = vulns
	return nil
}

// Label puts the stages after one that gives commits of a repository.
func (l *Labels) Label(commits stage.Stream[*stage.Commit], git *source.Git, workers stage.StageOption) stage.Stream[*stage.Commit] {
	l.linker = &stage.ChainLinker{Messages: git, Groups: l.Groups}
	scored := stage.Through(commits, score.Heuristic{}, workers)
	named := stage.Through(scored, &stage.People{Mailmaps: git}, workers)
	placed := stage.Through(named, &stage.Maintainers{Mailmaps: git}, workers)
	known := stage.Through(placed, &stage.Authors{})
	judged := stage.Through(known, score.Expertise{}, workers)
	tagged := stage.Through(judged, l.classifier, workers)
	return stage.Through(tagged, l.linker, workers)
}

// Linker is the stage that links commits, once Label has made it.
func (l *Labels) Linker() *stage.ChainLinker { return l.linker }

// Summary prints which links there are.
func (l *Labels) Summary() {
	for _, count := range l.linker.Counts() {
		if count.Stated > 0 {
			fmt.Println(count)
		}
	}
}
