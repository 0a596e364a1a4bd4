package gitcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// ErrGitMissing tells that there is no git program to run.
var ErrGitMissing = errors.New("git was not found: install git " + oldestGit + " or newer and put it on the PATH")

// reapDelay is how long a killed child's pipes may stay open before they are
// closed from our side.
const reapDelay = 2 * time.Second

// Process is a running git child. It must be ended by Wait or Close, whichever
// comes first; it is also killed when the context it was started with is done.
//
// Reading, writing and ending belong to one goroutine, except that Close may
// be called from any.
type Process struct {
	// Stdin feeds the child. Closing it tells the child that no more comes.
	Stdin io.WriteCloser
	// Stdout is what the child prints.
	Stdout io.Reader

	ctx    context.Context
	cancel context.CancelFunc
	cmd    *exec.Cmd
	args   []string
	stderr tail
	done   chan struct{} // closed once the child has been waited for
	ending chan struct{} // holds one token: whoever takes it waits for the child
}

// start runs git with args in dir. No shell is involved.
func start(ctx context.Context, dir string, userConfig bool, args []string) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, &Error{Args: args, Err: err}
	}
	inner, cancel := context.WithCancel(ctx)
	p := &Process{
		ctx: ctx, cancel: cancel, args: args,
		cmd:    exec.CommandContext(inner, "git", arguments(args)...),
		done:   make(chan struct{}),
		ending: make(chan struct{}, 1),
	}
	p.cmd.Dir = dir
	p.cmd.Env = environment(userConfig)
	p.cmd.Stderr = &p.stderr
	p.cmd.WaitDelay = reapDelay
	if err := p.startWithPipes(); err != nil {
		cancel()
		if errors.Is(err, exec.ErrNotFound) {
			return nil, ErrGitMissing
		}
		return nil, &Error{Args: args, Err: err}
	}
	p.ending <- struct{}{}
	return p, nil
}

func (p *Process) startWithPipes() (err error) {
	if p.Stdin, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	if p.Stdout, err = p.cmd.StdoutPipe(); err != nil {
		return err
	}
	return p.cmd.Start()
}

// Wait waits for the child to end by itself. Stdout must have been read to its
// end before. The error is nil if the child succeeded, or an [*Error] that
// holds what the child said; it wraps the context's error if that was what
// ended the child.
func (p *Process) Wait() error {
	select {
	case <-p.ending:
	case <-p.done:
		return nil
	}
	err := p.cmd.Wait()
	p.cancel()
	close(p.done)
	if ctxErr := context.Cause(p.ctx); err != nil && ctxErr != nil {
		err = ctxErr
	}
	if err != nil {
		return &Error{Args: p.args, Stderr: p.stderr.String(), Err: err}
	}
	return nil
}

// Close kills the child if it still runs and waits for its end. Once it
// returns nothing of the child is left. Calling it again, or after Wait, does
// nothing.
func (p *Process) Close() error {
	p.cancel()
	select {
	case <-p.ending:
		_ = p.cmd.Wait() // it was killed: how it ended tells nothing
		close(p.done)
	case <-p.done:
	}
	return nil
}

// Stderr is the end of what the child has complained about, for the text of an
// error. It is complete only after Wait or Close.
func (p *Process) Stderr() string {
	<-p.done
	return p.stderr.String()
}

// run starts git, reads its output as a whole and waits for it. More output
// than limit is an error.
func run(ctx context.Context, dir string, userConfig bool, limit int64, args []string) ([]byte, error) {
	p, err := start(ctx, dir, userConfig, args)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	_ = p.Stdin.Close()
	out, err := io.ReadAll(io.LimitReader(p.Stdout, limit+1))
	if int64(len(out)) > limit {
		return nil, &Error{Args: args, Err: fmt.Errorf("printed more than %d bytes", limit)}
	}
	if waitErr := p.Wait(); waitErr != nil {
		return nil, waitErr
	}
	if err != nil {
		return nil, &Error{Args: args, Err: err}
	}
	return out, nil
}
