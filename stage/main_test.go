package stage_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Nothing that a pipeline starts outlives its Run.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
