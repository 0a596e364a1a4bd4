package sink

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// composed is a row of two structs, either of which may be missing or wrong.
type composed struct{ parts []any }

func (c *composed) Columns() []any { return c.parts }

type origin struct {
	Commit string   `json:"commit"`
	Tags   []string `json:"tags"`
}

func TestColumnsOfSeveralStructsAreOneObject(t *testing.T) {
	row := &composed{[]any{&text{"a <b>"}, &origin{Commit: "1"}, &struct {
		Days int `json:"days"`
	}{3}}}
	want := `{"text":"a <b>","commit":"1","tags":[],"days":3}`
	got, err := encodeRow([]byte("before"), row)
	require.NoError(t, err)
	assert.Equal(t, "before"+want+"\n", string(got))
	portable, end, err := encodePortable([]byte("before"), row)
	require.NoError(t, err)
	assert.Equal(t, "before"+want, string(portable))
	assert.Equal(t, byte(soundRow), end)
}

func TestInvalidTextInAnyOfTheStructsIsRepaired(t *testing.T) {
	for _, row := range []*composed{
		{[]any{&text{"\xff"}, &origin{Commit: "1", Tags: []string{"x"}}}},
		{[]any{&text{"1"}, &origin{Commit: "\xff", Tags: []string{"x"}}}},
		{[]any{&text{"1"}, &origin{Commit: "1", Tags: []string{"\xff"}}}},
	} {
		got, err := encodeRow(nil, row)
		require.NoError(t, err)
		assert.Equal(t, byte(repairedRow), got[len(got)-1])
		assert.True(t, json.Valid(got[:len(got)-1]))
		assert.Contains(t, string(got), replacement)
		portable, end, err := encodePortable(nil, row)
		require.NoError(t, err)
		assert.Equal(t, string(got[:len(got)-1]), string(portable))
		assert.Equal(t, byte(repairedRow), end)
	}
}

func TestStructsThatAreNoColumnsAreRefused(t *testing.T) {
	require.NoError(t, (&JSONL[*composed]{}).check())
	for want, row := range map[string]*composed{
		"encode a *sink.composed: there are no columns":                                     {},
		"encode a *sink.composed: columns of type <nil>: want a pointer to a struct":        {[]any{nil}},
		"encode a *sink.composed: columns of type sink.text: want a pointer to a struct":    {[]any{text{}}},
		"encode a *sink.composed: rows of type *struct {}: no exported field, so no column": {[]any{&text{}, &struct{}{}}},
	} {
		_, err := encodeRow(nil, row)
		assert.EqualError(t, err, want)
	}
}
