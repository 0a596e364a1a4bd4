package sink_test

import (
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// BenchmarkClickHouse writes a gigabyte of patches to a real server, and
// reports the most memory that the process took for it, and the server's time.
// COMMITFLOW_COMPRESS chooses the compression of the wire, here and below.
func BenchmarkClickHouse(b *testing.B) {
	server := clickhousetest.StartServer(b)
	random := rand.New(rand.NewPCG(3, 3))
	words := strings.Fields(strings.Repeat("if for while return struct int static void case break sizeof unsigned ", 3))
	text := make([]byte, 0, 1<<20)
	for len(text) < 1<<20-20 {
		text = append(text, words[random.IntN(len(words))]...)
		text = strconv.AppendUint(append(text, ' '), uint64(random.Uint32N(10_000)), 10)
		text = append(text, "\n+"[random.IntN(2)])
	}
	for b.Loop() {
		db := emptyDatabase(b, &server.Engine)
		db.Compression = schema.Compression(os.Getenv("COMMITFLOW_COMPRESS"))
		s := &sink.ClickHouse{Database: db}
		require.NoError(b, s.Open(b.Context()))
		before, peak := heap(), uint64(0)
		const commits = 128 << 10
		for i := range commits {
			c := &stage.Commit{Repo: "made", Position: stage.Position(i), Message: "message"}
			c.Hash[0], c.Hash[1], c.Hash[2] = byte(i), byte(i>>8), byte(i>>16)
			at := random.IntN(len(text) - 8<<10)
			c.Files = []stage.FileChange{{Kind: stage.Modified, OldPath: "a/b", NewPath: "a/b", Patch: string(text[at : at+8<<10])}}
			require.NoError(b, s.Write(b.Context(), stage.Item[*stage.Commit]{Value: c, Position: c.Position}))
			if i%256 == 0 {
				peak = max(peak, heap())
			}
		}
		require.NoError(b, s.Finish(b.Context()))
		require.NoError(b, s.Close())
		b.SetBytes(commits << 13)
		b.ReportMetric(float64(peak-min(before, peak))/1e6, "peak-MB")
	}
	b.ReportMetric(processorTime(b, server.ProcessID()).Seconds()/float64(b.N), "server-cpu-s/op")
}

// heap is the memory that the runtime holds for the heap, used or not.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() + sample[1].Value.Uint64() + sample[2].Value.Uint64()
}

// processorTime is what a process has used so far; 0 where the system does not
// tell.
func processorTime(b *testing.B, pid int) time.Duration {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const ticksPerSecond = 100
	ticks := 0
	for _, field := range fields[11:13] { // user and system
		n, err := strconv.Atoi(field)
		require.NoError(b, err)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

// BenchmarkPipeline runs the same stages over the first commits of a real
// repository into JSON Lines and into a real ClickHouse. The files of all servers
// stay until the end: ext4 looks for room among thousands of files that have just
// been deleted for seconds.
func BenchmarkPipeline(b *testing.B) {
	repo := os.Getenv("COMMITFLOW_REPO")
	if repo == "" {
		b.Skip("set COMMITFLOW_REPO to the directory of a repository")
	}
	limit := 30_000
	if n, err := strconv.Atoi(os.Getenv("COMMITFLOW_COMMITS")); err == nil {
		limit = n
	}
	run := func(b *testing.B, to func(stage.Stream[*stage.Commit], stage.StageOption)) {
		p := stage.New("pipeline", stage.OnError(stage.Skip))
		git := &source.Git{Repo: repo, Name: "repo"}
		w := stage.Workers(runtime.GOMAXPROCS(0))
		commits := stage.Limit(stage.From(p, git, w), limit)
		parsed := stage.Through(commits, stage.DiffParser{}, w)
		placed := stage.Through(stage.Through(parsed, score.Heuristic{}, w), stage.Subsystems{}, w)
		to(stage.Through(stage.Through(placed, stage.Classifier{}, w), &stage.ChainLinker{Messages: git}, w), w)
		_, err := p.Run(b.Context())
		require.NoError(b, err)
	}
	b.Run("into=jsonl", func(b *testing.B) {
		before := processorTime(b, os.Getpid())
		for b.Loop() {
			run(b, func(commits stage.Stream[*stage.Commit], w stage.StageOption) {
				stage.To(commits, &sink.JSONL[*stage.Commit]{Dir: b.TempDir()}, w)
			})
		}
		b.ReportMetric((processorTime(b, os.Getpid())-before).Seconds()/float64(b.N), "cpu-s/op")
	})
	files := b
	b.Run("into=clickhouse", func(b *testing.B) {
		server := clickhousetest.StartServer(files)
		defer server.Kill()
		before := processorTime(b, os.Getpid())
		for n := 0; b.Loop(); n++ {
			db := parseDSN(b, server.DSN("commitflow"+strconv.Itoa(n)))
			db.Compression = schema.Compression(os.Getenv("COMMITFLOW_COMPRESS"))
			require.NoError(b, schema.Create(b.Context(), db))
			run(b, func(commits stage.Stream[*stage.Commit], _ stage.StageOption) {
				stage.To(commits, &sink.ClickHouse{Database: db})
			})
		}
		b.ReportMetric((processorTime(b, os.Getpid())-before).Seconds()/float64(b.N), "cpu-s/op")
		b.ReportMetric(processorTime(b, server.ProcessID()).Seconds()/float64(b.N), "server-cpu-s/op")
	})
}
