package terminal

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/commitflow/commitflow/stage"
)

// Main runs an example as a command: until it is done or the user interrupts
// it. An error becomes one line on standard error and the exit status 1.
func Main(name string, run func(ctx context.Context, args []string) error) {
	stage.LimitGarbage()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return
	case interrupted:
		left := &Interrupted{}
		errors.As(err, &left)
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, left)
	default:
		fmt.Fprintf(os.Stderr, "%s: %s\n", name, strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\n", "; ")), " "))
	}
	os.Exit(1)
}

// Interrupted is the error of a run that the user has interrupted, where there is
// something to say of what that leaves behind.
type Interrupted struct{ Left string }

// Error says what is left.
func (i *Interrupted) Error() string {
	if i.Left == "" {
		return "interrupted"
	}
	return "interrupted: " + i.Left
}
