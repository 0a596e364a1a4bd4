package terminal

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/commitflow/commitflow/stage"
)

func TestLine(t *testing.T) {
	tests := []struct {
		progress stage.Progress
		want     string
	}{
		{stage.Progress{Done: 500, Total: 1500, Rate: 100}, "500 of 1500 commits, 100/s, 10s left"},
		{stage.Progress{Done: 500, Total: -1, Rate: 100}, "500 commits, 100/s"},
		{stage.Progress{Done: 0, Total: 10}, "0 of 10 commits, 0/s"},
		{stage.Progress{Done: 10, Total: 10, Rate: 5}, "10 of 10 commits, 5/s"},
	}
	for _, test := range tests {
		assert.Equal(t, test.want, Line(test.progress, "commits"))
	}
}
