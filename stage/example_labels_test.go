package stage_test

import (
	"context"
	"fmt"

	"github.com/commitflow/commitflow/stage"
)

// A rule of one's own beside the built-in ones.
func ExampleNewClassifier() {
	classifier, err := stage.NewClassifier(append(stage.DefaultRules(), stage.Rule{
		Tag: "boot", Name: "words", Field: stage.InSubject,
		Any:    []string{"boot", "boots", "fails to boot"},
		Unless: []string{"typo"},
	})...)
	if err != nil {
		fmt.Println(err)
		return
	}
	p := stage.New("example")
	commits := stage.From(p, subjects("mmc: fix double free when the board fails to boot", "doc: fix typo in boot flow"))
	tagged := stage.Through(commits, classifier, stage.Workers(0))
	stage.To(stage.Map(tagged, "tags", func(_ context.Context, c *stage.Commit) (string, error) {
		return fmt.Sprint(c.Tags), nil
	}), printer[string]())
	_, err = p.Run(context.Background())
	fmt.Println(err)
	// Output:
	// 0 [{security keyword 0 [{memory safety subject double free}]} {boot keyword 0 [{words subject fails to boot} {words subject boot}]}]
	// 1 []
	// <nil>
}

// history is a source that knows its messages before it is read, as
// source.Git does.
type history []*stage.Commit

func (h history) Read(_ context.Context, emit func(*stage.Commit) error) error {
	for _, c := range h {
		if err := emit(c); err != nil {
			return err
		}
	}
	return nil
}

func (h history) Messages(_ context.Context, each func(stage.Message) error) error {
	for _, c := range h {
		if err := each(stage.Message{Position: c.Position, Hash: c.Hash, Text: []byte(c.Message)}); err != nil {
			return err
		}
	}
	return nil
}

func newHistory(messages ...string) history {
	h := make(history, len(messages))
	for i, message := range messages {
		h[i] = &stage.Commit{Position: stage.Position(i), Hash: stage.Hash{byte(0xa0 + i), 1, 2, 3, 4, 5}}
		h[i].SetMessage(message)
	}
	return h
}

// Both ends of a link know of it, since the messages are read before the run.
func ExampleChainLinker() {
	commits := newHistory(
		"net: add a queue",
		"net: check the length\n\nFixes: a00102030405 (\"net: add a queue\")",
		"Revert \"net: check the length\"\n\nThe queue is faster without.",
	)
	linker := &stage.ChainLinker{Messages: commits}

	p := stage.New("example")
	linked := stage.Through(stage.From(p, commits), linker, stage.Workers(0))
	stage.To(stage.Map(linked, "links", func(_ context.Context, c *stage.Commit) (string, error) {
		text := c.Subject
		for _, link := range c.Links {
			text += fmt.Sprintf("\n   %s %.8s, by %s", link.Kind, link.Commit, link.Basis)
		}
		return text, nil
	}), printer[string]())
	if _, err := p.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	for _, count := range linker.Counts() {
		fmt.Println(count.Kind, count.Resolved(), "of", count.Stated)
	}
	// Output:
	// 0 net: add a queue
	//    fixed-by a1010203, by prefix
	// 1 net: check the length
	//    fixes a0010203, by prefix
	//    reverted-by a2010203, by subject
	// 2 Revert "net: check the length"
	//    reverts a1010203, by subject
	// fixes 1 of 1
	// reverts 1 of 1
	// reapplies 0 of 0
	// backport-of 0 of 0
	// requires 0 of 0
}

// Names fit subsystems, the ones below them, and directories of changed files.
func ExampleInSubsystems() {
	wanted := stage.InSubsystems("mm", "drivers/net/phy")
	for _, path := range []string{"mm/kasan/report.c", "drivers/net/phy/phy.c", "drivers/net/tun.c"} {
		c := &stage.Commit{Files: []stage.FileChange{{Kind: stage.Added, NewPath: path}}}
		_ = stage.Subsystems{}.Process(context.Background(), c, func(*stage.Commit) {})
		fmt.Println(c.Subsystems, wanted(c))
	}
	// Output:
	// [mm/kasan] true
	// [drivers/net] true
	// [drivers/net] false
}
