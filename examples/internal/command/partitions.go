package command

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"time"

	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// Partitions are the splits and tiers that rows are divided into.
type Partitions struct {
	tiers                    string
	tierReasons              bool
	validationFrom, testFrom string
	gap                      int
	splits                   dataset.Splits
}

// Flags adds the flags.
func (p *Partitions) Flags(flags *flag.FlagSet) {
	flags.Float64Var(&p.splits.Validation, "validation", 0, "share of the history whose newest part, before that of -test, is for validation: 0.05, say")
	flags.Float64Var(&p.splits.Test, "test", 0, "share of the history whose newest part is for tests")
	flags.StringVar(&p.validationFrom, "validation-from", "", "first day of the commits for validation, as 2023-01-31, in UTC, instead of a share")
	flags.StringVar(&p.testFrom, "test-from", "", "first day of the commits for tests, instead of a share")
	flags.IntVar(&p.gap, "gap", 30, "days before each later split of which there are no rows")
	flags.StringVar(&p.tiers, "tiers", "off", "divide rows into premium (90 and more of 100), high (70) and standard (50) by their score: off, quality, or model (what a language model says where it has judged, see -scores: 5, 4 and 3)")
	flags.BoolVar(&p.tierReasons, "tier-reasons", false, "with -tiers: rows tell their tier, score and the reason")
}

// Check tells what is wrong with the flags' values.
func (p *Partitions) Check() (err error) {
	const days = 24 * time.Hour
	if p.gap < 0 || p.gap > 36500 {
		return fmt.Errorf("-gap %d: want a number of days from 0", p.gap)
	}
	p.splits.Gap = time.Duration(p.gap) * days
	if p.splits.ValidationFrom, err = day("-validation-from", p.validationFrom); err != nil {
		return err
	}
	if p.splits.TestFrom, err = day("-test-from", p.testFrom); err != nil {
		return err
	}
	if err := p.splits.Check(); err != nil {
		return err
	}
	if choices := []string{"off", string(dataset.ByQuality), string(dataset.ByModel)}; !slices.Contains(choices, p.tiers) {
		return fmt.Errorf("-tiers %s: want %s", p.tiers, names(choices))
	}
	if p.tierReasons && p.tiers == "off" {
		return errors.New("-tier-reasons: there are no tiers: say by what with -tiers")
	}
	return nil
}

// HasSplits tells that rows are divided by time, for which the groups of the history's
// commits have to be known.
func (p *Partitions) HasSplits() bool { return len(p.splits.Names()) > 1 }

// ByModel tells that tiers go by what a language model says.
func (p *Partitions) ByModel() bool { return p.tiers == string(dataset.ByModel) }

func (p *Partitions) hasTiers() bool { return p.tiers != "off" }

// divide puts the stages that divide examples behind the one that makes them.
func (p *Partitions) divide(examples stage.Stream[*dataset.Example], history *stage.ChainLinker, mode dataset.Mode, model string, workers stage.StageOption) stage.Stream[*dataset.Example] {
	if p.hasTiers() {
		examples = stage.Through(examples, dataset.Tiers{Score: dataset.TierScore(p.tiers), Model: model, Columns: p.tierReasons}, workers)
	}
	if p.HasSplits() {
		p.splits.History, p.splits.LooksBack = history, mode.LooksBack()
		examples = stage.Through(examples, &p.splits)
	}
	return examples
}

// list gives the partitions, nil where there is one only.
func (p *Partitions) list() (list []sink.Partition) {
	if !p.hasTiers() && !p.HasSplits() {
		return nil
	}
	configs := []string{sink.DefaultConfig}
	if p.hasTiers() {
		configs = dataset.TierNames()
	}
	for _, config := range configs {
		for _, split := range p.splits.Names() {
			list = append(list, sink.Partition{Config: config, Split: split})
		}
	}
	return list
}

// columns are those that rows have of it, for the card.
func (p *Partitions) columns() []any {
	if !p.tierReasons {
		return nil
	}
	return []any{&dataset.TierDetails{}}
}
