package dataset_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// The parts are those that the input of a row is made of, and the instruction is
// the row's.
func TestTouchedCodeIsTheInputOfARow(t *testing.T) {
	var before strings.Builder
	for _, name := range []string{"first", "second", "third"} {
		before.WriteString("int " + name + "(void)\n{\n" + strings.Repeat("\twork();\n", 20) + "\treturn 0;\n}\n\n")
	}
	after := strings.Replace(strings.Replace(before.String(), "return 0", "return 1", 1), "third", "last", 1)
	c := &stage.Commit{Files: []stage.FileChange{fileChange(t, "a.c", before.String(), after)}}
	c.SetMessage("a: change\n\nBecause.\n\nSigned-off-by: A <a@example.org>\n")
	texts, err := dataset.TouchedCode(&c.Files[0], 0)
	require.NoError(t, err)
	require.Len(t, texts, 2)
	assert.Contains(t, texts[0], "int first(void)\n{")
	examples, err := made(t, &dataset.Standard{}, c)
	require.NoError(t, err)
	assert.Equal(t, examples[0].Input, "--- a/a.c\n"+strings.Join(texts, ""))
	assert.Equal(t, examples[0].Instruction, dataset.Question(c))

	short, err := dataset.TouchedCode(&c.Files[0], 5)
	require.NoError(t, err)
	assert.Contains(t, short[0], " part of lines ")

	c.Files[0].Before = nil
	_, err = dataset.TouchedCode(&c.Files[0], 0)
	assert.ErrorIs(t, err, dataset.ErrNoContents)
	added := fileChange(t, "new.c", "", "int new;\n")
	texts, err = dataset.TouchedCode(&added, 0)
	require.NoError(t, err)
	assert.Empty(t, texts)
}
