package bench

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	if order, ok := os.LookupEnv(orderVariable); ok {
		if err := obey(order, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code, err := runIn(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// runIn runs the tests with a scratch directory that lasts as long as they do.
func runIn(m *testing.M) (code int, err error) {
	if scratch, err = os.MkdirTemp("", "commitflow-bench-"); err != nil {
		return 1, err
	}
	code = m.Run()
	return code, os.RemoveAll(scratch)
}
