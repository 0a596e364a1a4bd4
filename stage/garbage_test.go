package stage

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// With more in use than the limit it rises, so that the collector gets no busier than
// with a quarter of garbage; once that is free again, the limit is what it was.
func TestLimitFollowsWhatIsInUse(t *testing.T) {
	const limit, held = 16 << 20, 64 << 20
	before := debug.SetMemoryLimit(-1)
	restore := followUse(limit)
	defer restore()
	assert.EqualValues(t, limit, debug.SetMemoryLimit(-1))

	limitBecomes := func(least, most int64) {
		t.Helper()
		assert.Eventually(t, func() bool {
			runtime.GC()
			now := debug.SetMemoryLimit(-1)
			return least <= now && now <= most
		}, 10*time.Second, time.Millisecond)
	}
	ballast := make([]byte, held)
	limitBecomes(held+held/garbageDivisor, 2*held)
	runtime.KeepAlive(ballast)
	limitBecomes(limit, limit)

	restore()
	assert.Equal(t, before, debug.SetMemoryLimit(-1))
	for range 3 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	assert.Equal(t, before, debug.SetMemoryLimit(-1), "nobody watches any more")
}

func TestLimitGarbageIsRestored(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	limit := debug.SetMemoryLimit(-1)
	percent := debug.SetGCPercent(123)
	defer debug.SetGCPercent(percent)

	restore := LimitGarbage()
	assert.EqualValues(t, memoryLimit, debug.SetMemoryLimit(-1))
	restore()
	assert.Equal(t, limit, debug.SetMemoryLimit(-1))
	assert.Equal(t, 123, debug.SetGCPercent(percent))
}

func TestUsersOwnMemorySettingsWin(t *testing.T) {
	for _, variable := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv("GOGC", "")
			t.Setenv("GOMEMLIMIT", "")
			t.Setenv(variable, "off")
			limit := debug.SetMemoryLimit(-1)
			percent := debug.SetGCPercent(123)
			defer debug.SetGCPercent(percent)
			restore := LimitGarbage()
			defer restore()
			assert.Equal(t, limit, debug.SetMemoryLimit(-1))
			assert.Equal(t, 123, debug.SetGCPercent(percent))
		})
	}
}
