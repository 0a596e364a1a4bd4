// Command history makes a synthetic git history that looks like the Linux
// kernel's, for benchmarks:
//
//	go run ./bench/history -commits 20000 -files 4000 -out /tmp/history.git
//
// The same flags give the same commit hashes. See package
// [github.com/commitflow/commitflow/bench/synthetic] for what is in it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/commitflow/commitflow/bench/synthetic"
)

func main() {
	var options synthetic.Options
	flag.IntVar(&options.Commits, "commits", 0, "number of commits, on all branches together (default 1000)")
	flag.IntVar(&options.Files, "files", 0, "about the number of files in the end (default a tenth of the commits, for 1.4 million commits 87,000); beyond 17,000 the tree grows to it")
	flag.Uint64Var(&options.Seed, "seed", 0, "tells histories of the same size apart")
	flag.IntVar(&options.MaxFileBytes, "max-file-bytes", 0, "about the size of the largest file (default 1 MiB)")
	flag.BoolVar(&options.Repack, "repack", false, "have git delta-compress the history: smaller, but takes much longer")
	flag.StringVar(&options.Dir, "out", "", "where the bare repository goes: a directory that is absent or empty")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, options); err != nil {
		fmt.Fprintln(os.Stderr, "history:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, options synthetic.Options) error {
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: every setting is a flag", flag.Arg(0))
	}
	return synthetic.Generate(ctx, options)
}
