package stage

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStrengthAndStateAsText(t *testing.T) {
	for want, value := range map[string]any{
		"keyword": StrengthKeyword, "stable": StrengthStable, "syzbot": StrengthSyzbot, "cve": StrengthCVE,
		"in-effect": InEffect, "reverted": Reverted, "reapplied": Reapplied,
	} {
		text, err := json.Marshal(value)
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("%q", want), string(text))
		assert.Equal(t, want, fmt.Sprint(value))
	}
	for word, into := range map[string]interface{ UnmarshalText([]byte) error }{
		"cve": new(Strength), "reapplied": new(State),
	} {
		require.NoError(t, into.UnmarshalText([]byte(word)))
		assert.Equal(t, word, fmt.Sprint(into))
		assert.ErrorContains(t, into.UnmarshalText([]byte("CVE")), "want ")
	}
	_, err := Strength(9).MarshalText()
	assert.ErrorContains(t, err, "Strength(9)")
	_, err = State(9).MarshalText()
	assert.ErrorContains(t, err, "State(9)")
}

func TestATagHasAStrength(t *testing.T) {
	c := &Commit{Tags: []Tag{{Name: TagRefactor}, {Name: TagSecurity, Strength: StrengthSyzbot}}}
	assert.True(t, c.HasTagOf(TagSecurity, StrengthSyzbot))
	assert.False(t, c.HasTagOf(TagSecurity, StrengthCVE))
	assert.False(t, c.HasTagOf(TagRefactor, StrengthStable))
	assert.False(t, c.HasTagOf(TagRevert, StrengthKeyword))
	assert.True(t, c.HasTag(TagRefactor))
}
