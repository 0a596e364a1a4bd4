package judge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

var twoCriteria = []Criterion{{"message", "says why"}, {"focus", "does one thing"}}

// answerOf is an answer with the given values of message, focus and overall.
func answerOf(message, focus, overall string) string {
	return fmt.Sprintf(`{"message": %s, "focus": %s, "overall": %s}`, message, focus, overall)
}

func verdictOf(score string) string { return `{"reason": "because", "score": ` + score + `}` }

func TestAnswers(t *testing.T) {
	good := answerOf(verdictOf("5"), verdictOf("1"), verdictOf("3"))
	want := &stage.ModelScore{Overall: 3, Reason: "because", Criteria: []stage.CriterionScore{
		{Criterion: "message", Score: 5, Reason: "because"}, {Criterion: "focus", Score: 1, Reason: "because"},
	}}
	tests := []struct {
		name, text string
		err        string // "": it is good
	}{
		{"plain", good, ""},
		{"blanks around", " \n" + good + "\n", ""},
		{"in a fence", "```json\n" + good + "\n```", ""},
		{"in prose", "Sure! {this} is it: " + good + " — I hope that {helps", ""},
		{"after an unclosed brace", "f() { was odd. " + good, ""},
		{"keys in any order", `{"overall": ` + verdictOf("3") + `, "focus": {"score": 1, "reason": "because"}, "message": ` + verdictOf("5") + `}`, ""},
		{"braces in a string", strings.ReplaceAll(good, "because", `because of } and {\" there`), "*"},

		{"raw line ends in a string", strings.ReplaceAll(good, "because", "because\n\tof \x01"), "*"},

		{"a control character outside of strings", strings.Replace(good, ":", ":\x01", 1), "no valid JSON"},
		{"nothing", " \n", "the answer is empty"},
		{"prose", "I would say 4.", "the answer holds no JSON object that fits"},
		{"a list", "[1, 2, 3]", "the answer holds no JSON object that fits"},
		{"two verdicts", good + "\n" + good, "the answer holds several verdicts"},
		{"inside of another object", `{"answer": ` + good + `}`, `unexpected key "answer"`},
		{"inside of another object, in prose", `So: {"answer": ` + good + `}.`, `unexpected key "answer"`},
		{"a key too many", strings.Replace(good, "{", `{"extra": 1, `, 1), `unexpected key "extra"`},
		{"a key twice", strings.Replace(good, "{", `{"focus": `+verdictOf("1")+`, `, 1), `unexpected key "focus"`},
		{"a key in another case", strings.Replace(good, "focus", "Focus", 1), `unexpected key "Focus"`},
		{"a key missing", `{"message": ` + verdictOf("5") + `, "overall": ` + verdictOf("3") + `}`, `no "focus"`},
		{"no overall", `{"message": ` + verdictOf("5") + `, "focus": ` + verdictOf("3") + `}`, `no "overall"`},
		{"a score of 0", answerOf(verdictOf("0"), verdictOf("1"), verdictOf("3")), "message: the score is 0: want 1, 2, 3, 4 or 5"},
		{"a score of 6", answerOf(verdictOf("6"), verdictOf("1"), verdictOf("3")), "message: the score is 6: want 1, 2, 3, 4 or 5"},
		{"a score of -1", answerOf(verdictOf("-1"), verdictOf("1"), verdictOf("3")), "message: the score is -1: want 1, 2, 3, 4 or 5"},
		{"a score of 4.5", answerOf(verdictOf("4.5"), verdictOf("1"), verdictOf("3")), "message: the score is 4.5: want 1, 2, 3, 4 or 5"},
		{"a score of 1e0", answerOf(verdictOf("1e0"), verdictOf("1"), verdictOf("3")), "message: the score is 1e0: want 1, 2, 3, 4 or 5"},
		{"a score as text", answerOf(verdictOf(`"4"`), verdictOf("1"), verdictOf("3")), "message: the score is 4: want 1, 2, 3, 4 or 5"},
		{"a score of null", answerOf(verdictOf("null"), verdictOf("1"), verdictOf("3")), "message: the score is <nil>: want 1, 2, 3, 4 or 5"},
		{"a score alone", answerOf("5", verdictOf("1"), verdictOf("3")), "message: no JSON object"},
		{"two scores", answerOf(`{"score": 1, "score": 5, "reason": ""}`, verdictOf("1"), verdictOf("3")), `message: unexpected key "score"`},
		{"no reason", answerOf(`{"score": 1}`, verdictOf("1"), verdictOf("3")), "message: no reason"},
		{"a reason that is none", answerOf(`{"score": 1, "reason": 2}`, verdictOf("1"), verdictOf("3")), "message: the reason is no string"},
		{"cut off", good[:len(good)-5], "the JSON ends too early"},
		{"a comma too many", strings.Replace(good, `3}`, `3,}`, 1), "no valid JSON"},
		{"too long", good + strings.Repeat(" ", maxAnswer), "the answer is longer than 65536 bytes"},
		{"many braces", strings.Repeat("{", 1000), "the answer has more than 200 opening braces outside of objects"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseAnswer(test.text, twoCriteria)
			switch test.err {
			case "":
				require.NoError(t, err)
				assert.Equal(t, want, got)
			case "*":
				require.NoError(t, err)
			default:
				assert.ErrorContains(t, err, test.err)
				assert.Nil(t, got)
			}
		})
	}
}

func TestLongReasonsAreClipped(t *testing.T) {
	long := `{"score": 1, "reason": "` + strings.Repeat("ä", maxReason) + `"}`
	got, err := parseAnswer(answerOf(long, verdictOf("1"), verdictOf("3")), twoCriteria)
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("ä", maxReason/2)+"…", got.Criteria[0].Reason)
}

// Answers that are made to take long to read do not.
func TestHostileAnswersAreReadQuickly(t *testing.T) {
	for _, text := range []string{
		strings.Repeat(`{"a":`, maxAnswer/5), strings.Repeat("{", maxAnswer), strings.Repeat("{}", maxAnswer/2),
		strings.Repeat(`{"`, maxAnswer/2), `{"message":` + strings.Repeat("[", maxAnswer-20), strings.Repeat("\\", maxAnswer),
	} {
		fastest := time.Hour
		for range 3 { // a busy machine may hold one of them up
			began := time.Now()
			_, err := parseAnswer(text, twoCriteria)
			fastest = min(fastest, time.Since(began))
			assert.Error(t, err)
		}
		assert.Less(t, fastest, time.Second, text[:10])
	}
}

// FuzzAnswer: whatever is accepted fits the schema, and is accepted as a whole
// or from a text around it.
func FuzzAnswer(f *testing.F) {
	good := answerOf(verdictOf("5"), verdictOf("1"), verdictOf("3"))
	for _, seed := range []string{
		good, "```json\n" + good + "\n```", good + good, "{" + good + "}", `{"message": {"score": 1, "reason": "\ud800"}}`,
		strings.Replace(good, "because", `\"}{`, 1), "{{}", "", `{"overall": 5}`, strings.Replace(good, "5", "5.0", 1),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseAnswer(text, twoCriteria)
		if err != nil {
			require.Nil(t, got)
			return
		}
		require.Len(t, got.Criteria, 2)
		for i, c := range got.Criteria {
			require.Equal(t, twoCriteria[i].Name, c.Criterion)
			require.True(t, 1 <= c.Score && c.Score <= 5)
		}
		require.True(t, 1 <= got.Overall && got.Overall <= 5)
		require.Empty(t, got.Failure)
		// Every score stands in the text as it is.
		for _, score := range []uint8{got.Overall, got.Criteria[0].Score, got.Criteria[1].Score} {
			require.Contains(t, text, string('0'+rune(score)))
		}
	})
}
