// Package dataset makes training examples of commits. A mode decides what is asked
// and what the answer is; a format decides under which columns a trainer finds
// them; both can be combined freely:
//
//	parsed := stage.Through(commits, stage.DiffParser{Contents: true}, stage.Workers(0))
//	examples := stage.Through(parsed, &dataset.Standard{}, stage.Workers(0))
//	rows := stage.Through(examples, dataset.Formatter{Format: dataset.Messages}, stage.Workers(0))
//	stage.To(rows, &sink.JSONL[*dataset.Row]{Dir: "out"})
//
// The modes are stages that turn a commit into any number of [Example] values:
// [Standard], [Bugfix], [CommitMessage], [Explain], [Optimize], [Security],
// [Review], [Backport] and [Preference]. What they have in common is set by
// [Settings]: how much of the code around a change is shown, in which form code is
// answered, and how many tokens an example may have. Some look at other commits
// than the one at hand, those that links lead to; [Related] loads and keeps them.
//
// The package lies below stage, and not in it, because it is a world of its own:
// the core knows nothing of examples.
package dataset
