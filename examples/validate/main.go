// Validate checks a dataset as a careful reader would before training on it:
//
//	go run ./examples/validate dataset
//
// It reads every row of every file, and trusts nothing that the dataset says of
// itself: the rows against the types that the card declares, the files against the
// manifest, the card against both, patches against the code that their rows show, and
// the splits against each other. What is wrong is listed by file and line, and the
// exit status is 1; what could not be checked is counted.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"github.com/commitflow/commitflow/examples/internal/terminal"
)

func main() { terminal.Main("validate", run) }

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("validate", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print the report as JSON")
	listed := flags.Int("list", 20, "number of problems to list; all are counted")
	workers := flags.Int("workers", 0, "number of workers; 0 for one per CPU")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: validate [flags] DIR")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 || *listed < 0 || *workers < 0 {
		return fmt.Errorf("want the directory of one dataset, after flags whose numbers are not negative")
	}
	report, err := validate(ctx, flags.Arg(0), *listed, *workers)
	if err != nil {
		return err
	}
	if *asJSON {
		text, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return err
		}
		fmt.Println(string(text))
	} else if err := report.print(os.Stdout); err != nil {
		return err
	}
	if report.ProblemCount > 0 {
		return fmt.Errorf("%s: %d problems", flags.Arg(0), report.ProblemCount)
	}
	return nil
}
