package main

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/examples/internal/commandtest"
	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
)

// times gives how often something is to be done: as an environment variable says,
// or less often.
func times(t *testing.T, variable string, otherwise int) int {
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, variable)
	return n
}

// toSurvive is the repository named by COMMITFLOW_REPO, or a synthetic one.
func toSurvive(t *testing.T) string {
	if repo := os.Getenv("COMMITFLOW_REPO"); repo != "" {
		return repo
	}
	return commandtest.History(t, 600)
}

// Killed at random moments and started again with the same command, an extraction
// into ClickHouse and JSON Lines leaves what one that nobody has disturbed does.
// COMMITFLOW_KILLS says how often; COMMITFLOW_REPO names a repository to do it
// with.
func TestKilledExtraction(t *testing.T) {
	repo, kills := toSurvive(t), times(t, "COMMITFLOW_KILLS", 10)
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		dir := t.TempDir()
		args := func(name string) []string {
			return []string{"-repo", repo, "-name", "history", "-dsn", engine.DSN(name), "-out", filepath.Join(dir, name), "-checkpoint", filepath.Join(dir, name+".checkpoint")}
		}
		begun := time.Now()
		succeeds(t, extract(t.Context(), args("whole")...))
		took := time.Since(begun)
		rows, commits, all := dataset(t, filepath.Join(dir, "whole")), stored(t, engine.DSN("whole")), counts(t, engine.DSN("whole"), " FINAL")
		require.Equal(t, revisions(t, repo, "HEAD"), rows.rows)
		require.Equal(t, rows.rows, commits.rows)

		killed, rounds, late := 0, 0, 0
		for ; killed < kills; rounds++ {
			name := fmt.Sprintf("round%d", rounds)
			for died := 0; ; died++ {
				command := extract(t.Context(), args(name)...)
				var said strings.Builder
				command.Stdout, command.Stderr = &said, &said
				begun := time.Now()
				require.NoError(t, command.Start())
				// Ever later, so that a machine which has become slower gets somewhere too.
				moment := rand.N(took*5/4 + took*time.Duration(died)/10)
				death := time.AfterFunc(moment, func() { _ = command.Process.Kill() })
				err := command.Wait()
				if !death.Stop() && command.ProcessState.Sys().(syscall.WaitStatus).Signaled() {
					if killed++; moment > took/2 {
						late++
					}
					continue
				}
				require.NoError(t, err, "%s", &said)
				if died == 0 { // undisturbed: if the first was held up, few would ever be killed
					took = min(took, time.Since(begun))
				}
				break
			}
			assert.Equal(t, rows, dataset(t, filepath.Join(dir, name)))
			assert.Equal(t, commits, stored(t, engine.DSN(name)))
			assert.Equal(t, all, counts(t, engine.DSN(name), " FINAL"))
			if !strings.Contains(engine.DSN(name), "plain") {
				assert.Equal(t, all, counts(t, engine.DSN(name), ""), "the engine recognises repeated blocks")
			}
			require.NoError(t, os.RemoveAll(filepath.Join(dir, name)))
			execute(t, engine.DSN(name), "DROP DATABASE `"+name+"`") // a large history's rounds fill a disk
		}
		t.Logf("%d rows, killed %d times, %d of them in the second half of a run's time, in %d rounds", rows.rows, killed, late, rounds)
	})
}

// A server that is killed and comes back 20 times during one extraction costs
// time, and nobody has to do anything about it.
func TestExtractionFromWhichTheServerIsTaken(t *testing.T) {
	repo := os.Getenv("COMMITFLOW_REPO")
	if repo == "" {
		t.Skip("set COMMITFLOW_REPO to the directory of a repository; sink's TestServerIsKilledAndRestarted does the like with less")
	}
	server := clickhousetest.StartServer(t)
	begun := time.Now()
	succeeds(t, extract(t.Context(), "-repo", repo, "-name", "history", "-dsn", server.DSN("whole")))
	took := time.Since(begun)

	command := extract(t.Context(), "-repo", repo, "-name", "history", "-dsn", server.DSN("disturbed"))
	var said strings.Builder
	command.Stdout, command.Stderr = &said, &said
	require.NoError(t, command.Start())
	// The tables are made without patience: what is wrong from the start is told.
	time.Sleep(took / 10)
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	kills := 0
	for ; kills < 20; kills++ {
		select {
		case err := <-ended:
			t.Fatalf("it ended after %d kills: %v\n%s", kills, err, &said)
		case <-time.After(rand.N(took / 15)):
		}
		server.Kill()
		time.Sleep(rand.N(300 * time.Millisecond))
		server.Start(t)
	}
	require.NoError(t, <-ended, "%s", &said)
	t.Logf("killed %d times; %v, and %v undisturbed", kills, time.Since(begun)-took, took)
	assert.Equal(t, stored(t, server.DSN("whole")), stored(t, server.DSN("disturbed")))
	assert.Equal(t, counts(t, server.DSN("whole"), " FINAL"), counts(t, server.DSN("disturbed"), " FINAL"))
}

// What keeps an extraction from going on is told in one line; nothing is lost by
// it, and the same command succeeds when it has been put right.
func TestWhatIsInTheWay(t *testing.T) {
	repo := commandtest.History(t, 300)
	server := clickhousetest.StartServer(t)
	whole := filepath.Join(t.TempDir(), "whole")
	succeeds(t, extract(t.Context(), "-repo", repo, "-name", "history", "-dsn", server.DSN("whole"), "-out", whole))
	rows, commits := dataset(t, whole), stored(t, server.DSN("whole"))

	for _, test := range []struct {
		name, says string
		// in puts something in the way of the command, which begins with these
		// arguments, and gives what removes that.
		in func(t *testing.T, a *attempt) (remove func())
	}{
		{"server out of reach", "cannot be reached: .*connection refused", func(t *testing.T, a *attempt) func() {
			server.Kill()
			return func() { server.Start(t) }
		}},
		{"wrong password", `refuses user "reader": check user and password$`, func(t *testing.T, a *attempt) func() {
			a.as(clickhousetest.ReadOnlyUser, "wrong")
			return nil
		}},
		{"no database and no right to make it", `user "reader" may not do this: give it the right to write`, func(t *testing.T, a *attempt) func() {
			a.as(clickhousetest.ReadOnlyUser, clickhousetest.Password)
			return nil
		}},
		{"read-only user", `user "reader" may not do this: give it the right to write`, func(t *testing.T, a *attempt) func() {
			require.NoError(t, schema.Create(t.Context(), a.db))
			a.as(clickhousetest.ReadOnlyUser, clickhousetest.Password)
			return nil
		}},
		{"newer schema", `has schema version 99, and this program knows \d+: use a newer one$`, func(t *testing.T, a *attempt) func() {
			require.NoError(t, schema.Create(t.Context(), a.db))
			execute(t, server.DSN("whole"), "INSERT INTO "+a.db.Table("schema_version")+" (version, applied) SELECT toUInt32(99), now()")
			return func() { execute(t, server.DSN("whole"), "DROP DATABASE `"+a.db.Name+"`") }
		}},
		{"disk full", `write .*train-00000\.jsonl\.zst: file too large$`, func(t *testing.T, a *attempt) func() {
			a.command.Env = append(a.command.Env, fileLimit+"=100000")
			return nil
		}},
		{"disk really full", `train-00000\.jsonl\.zst: no space left on device$`, func(t *testing.T, a *attempt) func() {
			require.NoError(t, os.Mkdir(a.out, 0o777))
			mount, err := exec.LookPath("mount")
			if err != nil || exec.Command(mount, "-t", "tmpfs", "-o", "size=100k", "tmpfs", a.out).Run() != nil {
				t.Skip("a small file system cannot be mounted here")
			}
			t.Cleanup(func() { _ = exec.Command("umount", a.out).Run() })
			return func() {
				require.NoError(t, exec.Command(mount, "-o", "remount,size=100m", a.out).Run())
			}
		}},
		{"second process on the checkpoint", `another run is using the checkpoint: wait for it to end, or name another checkpoint$`, func(t *testing.T, a *attempt) func() {
			return a.first(t, extract(t.Context(), a.command.Args[1:]...))
		}},
		{"second process on the output", `lock is locked: another process is writing to the directory$`, func(t *testing.T, a *attempt) func() {
			remove := a.first(t, extract(t.Context(), a.command.Args[1:]...))
			a.command.Args = append(a.command.Args, "-checkpoint", a.checkpoint+".other")
			return remove
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			name := strings.ReplaceAll("in_the_way_"+test.name, " ", "_")
			a := &attempt{out: filepath.Join(dir, "out"), checkpoint: filepath.Join(dir, "checkpoint")}
			var err error
			a.db, err = schema.ParseDSN(server.DSN(name))
			require.NoError(t, err)
			args := []string{"-repo", repo, "-name", "history", "-dsn", server.DSN(name), "-out", a.out, "-checkpoint", a.checkpoint}
			a.command = extract(t.Context(), args...)
			remove := test.in(t, a)
			assert.Regexp(t, test.says, fails(t, a.command))
			if remove != nil {
				remove()
			}
			succeeds(t, extract(t.Context(), args...))
			assert.Equal(t, rows, dataset(t, a.out))
			assert.Equal(t, commits, stored(t, server.DSN(name)))
			assert.Equal(t, counts(t, server.DSN("whole"), " FINAL"), counts(t, server.DSN(name), " FINAL"))
		})
	}
}

// attempt is a command that is to fail.
type attempt struct {
	command         *exec.Cmd
	db              schema.Database
	out, checkpoint string
}

// as lets the command log in as somebody else; the last -dsn counts.
func (a *attempt) as(user, password string) {
	dsn := url.URL{Scheme: "clickhouse", User: url.UserPassword(user, password), Host: a.db.Address, Path: "/" + a.db.Name, RawQuery: "protocol=54031&schema=plain"}
	a.command.Args = append(a.command.Args, "-dsn", dsn.String())
}

// first starts a command and holds it when it has claimed its checkpoint and its
// output; what it gives lets it go on to its end. One that has come to its end
// before it could be held is started anew.
func (a *attempt) first(t *testing.T, command *exec.Cmd) func() {
	exists := func(name string) bool {
		_, err := os.Stat(filepath.Join(a.out, name))
		return err == nil
	}
	published := func() bool { return exists("manifest.json") }
	claimed := func() bool { return exists(filepath.Join(".commitflow-partial", "run")) && !published() }
	require.NoError(t, command.Start())
	for begun := time.Now(); !claimed() && !published(); time.Sleep(time.Millisecond) {
		require.Less(t, time.Since(begun), time.Minute)
	}
	require.NoError(t, command.Process.Signal(syscall.SIGSTOP))
	var status syscall.WaitStatus
	_, err := syscall.Wait4(command.Process.Pid, &status, syscall.WUNTRACED, nil)
	require.NoError(t, err)
	goOn := func() {
		require.NoError(t, command.Process.Signal(syscall.SIGCONT))
		require.NoError(t, command.Wait())
	}
	if status.Stopped() && claimed() {
		return goOn
	}
	if status.Stopped() {
		goOn()
	}
	require.NoError(t, os.RemoveAll(a.out))
	require.NoError(t, os.RemoveAll(a.checkpoint))
	return a.first(t, extract(t.Context(), command.Args[1:]...))
}

// execute runs a statement.
func execute(t *testing.T, dsn, text string) {
	t.Helper()
	db, err := schema.ParseDSN(dsn)
	require.NoError(t, err)
	session, err := schema.Open(t.Context(), db)
	require.NoError(t, err)
	defer session.Close()
	require.NoError(t, session.Do(t.Context(), func() schema.Query { return schema.Query{Text: text} }))
}
