package judge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/commitflow/commitflow/stage"
)

// Process adds the model's score to the commit, unless it is not to be asked
// about, and passes it on. It fails only where no other commit would fare better:
// the server refuses the key or the model, it has failed many commits in a row,
// the store cannot be written, or the stages before are wired wrongly
// ([dataset.ErrNoPatch], [dataset.ErrNoContents]).
func (m *Model) Process(ctx context.Context, c *stage.Commit, emit func(*stage.Commit)) error {
	r := m.run
	if r == nil {
		return errors.New("the model is not open: call Open first, or use it in a pipeline")
	}
	if m.Only != nil && !m.Only(c) {
		r.usage.skipped.Add(1)
		emit(c)
		return nil
	}
	score, err := r.judge(ctx, c)
	if err != nil {
		return err
	}
	if score != nil {
		c.SetModelScore(*score)
	}
	emit(c)
	return nil
}

// judge gives the score of a commit; nil if it is not asked about.
func (r *modelRun) judge(ctx context.Context, c *stage.Commit) (*stage.ModelScore, error) {
	if r.Store != nil {
		stored, err := r.Store.Find(c.Hash, r.Name, r.rubric.id)
		if err != nil {
			return nil, err
		}
		if stored != nil && (stored.Failure == "" || !r.RetryFailed) {
			r.usage.stored.Add(1)
			return &stored.ModelScore, nil
		}
	}
	if err := r.ended(); err != nil {
		return nil, err
	}
	prompt, err := r.prompter.write(c)
	switch {
	case errors.Is(err, errNothingToJudge):
		r.usage.skipped.Add(1)
		return nil, nil
	case errors.Is(err, errNothingFits):
		r.usage.fail(err.Error())
		return r.failure(err.Error()), nil
	case err != nil:
		return nil, err
	}
	judgment, err := r.question(ctx, prompt)
	var refusal *ServerError
	switch {
	case errors.Is(err, ErrBudget):
		r.usage.left.Add(1)
		return nil, nil
	case errors.As(err, &refusal):
		return r.unanswered(refusal)
	case err != nil:
		return nil, err
	}
	r.inARow.Store(0)
	judgment.Repo, judgment.Commit, judgment.Seconds = c.Repo, c.Hash, time.Now().Unix()
	judgment.Model, judgment.Rubric = r.Name, r.rubric.id
	if r.Store != nil {
		keeping, stop := outlasting(ctx, storeGrace)
		err := r.Store.Add(keeping, judgment)
		stop()
		if err != nil {
			return nil, r.end(err)
		}
	}
	if judgment.Failure != "" {
		r.usage.fail(judgment.Failure)
	} else {
		r.usage.scored.Add(1)
	}
	return &judgment.ModelScore, nil
}

// storeGrace is how long an answer that has come may take to be kept when the run
// has been cancelled meanwhile: it was paid for, and a cancelled run ends within a
// second.
const storeGrace = 500 * time.Millisecond

// outlasting gives a context that is cancelled a while after the other one.
func outlasting(ctx context.Context, grace time.Duration) (context.Context, func()) {
	later, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		_ = sleep(later, grace)
		cancel(context.Cause(ctx))
	})
	return later, func() {
		stop()
		cancel(nil)
	}
}

func (r *modelRun) failure(why string) *stage.ModelScore {
	return &stage.ModelScore{Model: r.Name, Rubric: r.rubric.id, Criteria: []stage.CriterionScore{}, Failure: why}
}

// unanswered is the outcome where the server has refused the commit, or was not
// there. It is not kept: nothing was paid for.
func (r *modelRun) unanswered(refusal *ServerError) (*stage.ModelScore, error) {
	r.usage.fail(refusal.Error())
	if err := r.ended(); err != nil {
		return nil, err
	}
	if refusal.final() {
		return nil, r.end(fmt.Errorf("model %q: %w: check endpoint, model and key", r.Name, refusal))
	}
	if n := int(r.inARow.Add(1)); r.giveUp > 0 && n >= r.giveUp {
		return nil, r.end(fmt.Errorf("model %q: given up after %d commits in a row without an answer: %w", r.Name, n, refusal))
	}
	return r.failure(refusal.Error()), nil
}

// question asks about a commit, and once more if the answer cannot be used. Its
// error is ctx's, [ErrBudget] or a [*ServerError].
func (r *modelRun) question(ctx context.Context, p prompt) (*stage.Judgment, error) {
	turns := []turn{{"system", p.system}, {"user", p.commit}}
	judgment := &stage.Judgment{ModelScore: stage.ModelScore{Criteria: []stage.CriterionScore{}}} // rows have no null
	tokens := p.tokens
	for again := false; ; again = true {
		got, err := r.request(ctx, turns, tokens)
		if err != nil {
			if again && ctx.Err() == nil {
				// The first answer was paid for, so that is what is kept.
				return judgment, nil
			}
			return nil, err
		}
		judgment.PromptTokens += got.prompt
		judgment.AnswerTokens += got.answer
		why := got.bad
		if why == nil {
			var score *stage.ModelScore
			if score, why = parseAnswer(got.text, r.rubric.criteria); why == nil {
				judgment.ModelScore, judgment.Answer = *score, ""
				return judgment, nil
			}
		}
		judgment.Failure, judgment.Answer = why.Error(), sound(clip(got.text, maxKeptAnswer))
		if again {
			return judgment, nil
		}
		r.usage.askedAgain.Add(1)
		quoted := sound(clip(got.text, min(maxKeptAnswer, r.chat.maxAnswer)))
		if quoted == "" {
			quoted = "(nothing)"
		}
		complaint := fmt.Sprintf("That cannot be used: %s. Answer again, with the JSON object alone.", why)
		turns = append(turns, turn{"assistant", quoted}, turn{"user", complaint})
		tokens += r.prompter.count(quoted) + r.prompter.count(complaint) + framing
	}
}

// request sends a conversation until it is answered, as often as the settings
// allow.
func (r *modelRun) request(ctx context.Context, turns []turn, tokens int) (*completion, error) {
	for tries := 0; ; {
		form := r.chat.dialect.current()
		got, err := r.once(ctx, turns, tokens, form)
		var refusal *ServerError
		if !errors.As(err, &refusal) {
			return got, err
		}
		if r.chat.dialect.concede(form, refusal) {
			continue // in another form; there are few of them
		}
		if !refusal.passing() || tries >= r.retries {
			return nil, refusal
		}
		wait := backoff(tries)
		if asked, ok := retryAfter(refusal.header, time.Now()); ok {
			if longest := cmp.Or(r.MaxRetryAfter, defaultRetryAfter); asked > longest {
				return nil, r.end(fmt.Errorf("model %q: the server asks to wait %v, longer than %v: %w", r.Name, asked.Round(time.Second), longest, refusal))
			}
			// For all requests: the server means the account, not this one.
			r.pace.rest(asked)
			wait = 0
		}
		tries++
		r.usage.retries.Add(1)
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
		if err := r.ended(); err != nil {
			return nil, err
		}
	}
}

// once sends one request, within the limits.
func (r *modelRun) once(ctx context.Context, turns []turn, tokens int, form form) (*completion, error) {
	counted := tokens
	tokens = r.usage.corrected(counted)
	held, err := r.ledger.hold(ctx, tokens, r.chat.maxAnswer)
	if err != nil {
		return nil, err
	}
	if err := r.pace.wait(ctx, tokens); err != nil {
		r.ledger.settle(held, 0, 0, 0)
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, err
	}
	r.usage.requests.Add(1)
	got, err := r.chat.ask(ctx, turns, form)
	var refusal *ServerError
	switch {
	case err == nil:
		if got.prompt == 0 {
			got.prompt = counted
		}
		r.usage.correct(counted, got.prompt)
		if got.answer == 0 {
			got.answer = r.prompter.count(got.text)
		}
		r.ledger.settle(held, 1, got.prompt, got.answer)
		r.pace.took(got.prompt + got.answer - tokens)
	case errors.As(err, &refusal) && (refusal.Status != 0 || !refusal.sent):
		r.ledger.settle(held, 1, 0, 0)
	default:
		// It may have been worked on, and will be on the bill: the prompt by our
		// count, since nobody tells.
		r.ledger.settle(held, 1, counted, 0)
	}
	return got, err
}
