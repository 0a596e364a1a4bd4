package clickhousetest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Server is a private clickhouse-server.
type Server struct {
	Engine

	dir     string
	program string
	command *exec.Cmd
	log     *bytes.Buffer
}

// ReadOnlyUser may only read, and Password is its password; the user "default"
// may do everything and has none.
const (
	ReadOnlyUser = "reader"
	Password     = "s3cret/p@ss"
)

// StartServer starts the installed clickhouse-server and stops it when the test
// ends.
func StartServer(t testing.TB) *Server {
	t.Helper()
	program, err := exec.LookPath("clickhouse-server")
	if err != nil {
		program = "/usr/sbin/clickhouse-server"
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("install clickhouse-server (a Debian package; the service need not run) to test with a real server")
	}
	s := &Server{
		dir:     t.TempDir(),
		program: program,
		// What a server of 2018 needs; current ones take it as well.
		Engine: Engine{parameters: url.Values{"protocol": {"54031"}, "schema": {"plain"}}},
	}
	tcp, http := freePorts(t)
	s.Address = fmt.Sprintf("127.0.0.1:%d", tcp)
	s.write(t, "config.xml", fmt.Sprintf(serverConfig, s.dir, http, tcp))
	s.write(t, "users.xml", fmt.Sprintf(serverUsers, Password))
	s.Start(t)
	t.Cleanup(func() { s.Kill() })
	return s
}

// Start starts the server after a Kill, on the same data and port, and waits
// until it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.Launch(t)
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", s.Address)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Since(begun) > 30*time.Second {
			s.Kill()
			t.Fatalf("clickhouse-server does not answer: %v\n%s", err, s.log)
		}
	}
}

// Launch is Start without the wait.
func (s *Server) Launch(t testing.TB) {
	t.Helper()
	s.log = new(bytes.Buffer)
	s.command = exec.Command(s.program, "--config-file="+filepath.Join(s.dir, "config.xml"))
	s.command.Dir = s.dir
	s.command.Stdout, s.command.Stderr = s.log, s.log
	dieWithParent(s.command)
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the server at once, as a crash would.
func (s *Server) Kill() {
	if s.command != nil {
		_ = s.command.Process.Kill()
		_ = s.command.Wait()
		s.command = nil
	}
}

// ProcessID is that of the running server.
func (s *Server) ProcessID() int { return s.command.Process.Pid }

func (s *Server) write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(strings.TrimSpace(text)), 0o666); err != nil {
		t.Fatal(err)
	}
}

// The ports that servers get lie below those that systems hand out by themselves,
// 32768 and above: so nobody happens to be given a server's port before that has
// started, or while it is away.
const (
	firstPort = 10_000
	lastPort  = 29_999
)

// freePorts gives two ports that nobody listens on.
func freePorts(t testing.TB) (tcp, http int) {
	t.Helper()
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		_ = listener.Close()
		switch {
		case tcp == 0:
			tcp = port
		case port != tcp:
			return tcp, port
		}
	}
	t.Fatalf("no free ports from %d to %d", firstPort, lastPort)
	return 0, 0
}

const serverConfig = `
<yandex>
  <logger>
    <level>warning</level>
    <log>%[1]s/server.log</log>
    <errorlog>%[1]s/error.log</errorlog>
  </logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>%[2]d</http_port>
  <tcp_port>%[3]d</tcp_port>
  <path>%[1]s/data/</path>
  <tmp_path>%[1]s/tmp/</tmp_path>
  <mark_cache_size>67108864</mark_cache_size>
  <users_config>%[1]s/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
</yandex>
`

const serverUsers = `
<yandex>
  <profiles>
    <default>
      <background_pool_size>2</background_pool_size>
      <max_threads>2</max_threads>
    </default>
    <readonly><readonly>1</readonly></readonly>
  </profiles>
  <users>
    <default>
      <password></password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </default>
    <reader>
      <password>%[1]s</password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>readonly</profile>
      <quota>default</quota>
    </reader>
  </users>
  <quotas><default/></quotas>
</yandex>
`
