// Package judge asks a language model what it thinks of commits: the model as a
// judge, as the field calls it.
//
// A [Model] puts each commit before a server that speaks OpenAI's chat API, by the
// criteria of a [Rubric], and reads the answer strictly: scores from 1 to 5 with
// reasons, or a failure that says why there are none. [Ask] joins one model or
// several into a pipeline. Limits per minute and a [Budget] are kept to, and
// [Usage] tells what a run has asked and spent.
//
// What comes before and after is in package score: [score.Candidates] finds the
// commits that are worth the question, a [score.Store] keeps the answers,
// [score.Stored] adds them to commits without asking anybody, and
// [score.Agreement] tells how far to trust them. The two are apart because
// OpenAI's client, a large part of all there is to compile, is needed here alone.
package judge
