package schema

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
)

// connection is one TCP connection to a server, for one query at a time.
type connection struct {
	db     Database
	client *ch.Client
	socket net.Conn
}

const (
	dialTimeout = 5 * time.Second
	// queryTimeout is how long a query may take. It is far beyond what ours
	// need; it ends the wait for a server that has gone without a word.
	queryTimeout = 5 * time.Minute
	// packetTimeout is how often a waiting client looks around.
	packetTimeout = 10 * time.Second
)

// connect dials the server and logs in to a database, which need not be the
// one that db names. It returns at once when ctx is done.
func (db Database) connect(ctx context.Context, database string) (*connection, error) {
	dialCtx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	client, socket, err := db.dial(dialCtx, database)
	if err != nil {
		return nil, db.explain(ctx, err)
	}
	return &connection{db: db, client: client, socket: socket}, nil
}

func (db Database) dial(ctx context.Context, database string) (*ch.Client, net.Conn, error) {
	socket, err := new(net.Dialer).DialContext(ctx, "tcp", db.address())
	if err != nil {
		return nil, nil, err
	}
	// A server that accepts and then says nothing would hold the handshake up.
	defer context.AfterFunc(ctx, func() { _ = socket.Close() })()
	if db.TLS != nil {
		config := db.TLS.Clone()
		if config.ServerName == "" {
			config.ServerName, _, _ = net.SplitHostPort(db.address())
		}
		secure := tls.Client(socket, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = socket.Close()
			return nil, nil, err
		}
		socket = secure
	}
	client, err := ch.Connect(ctx, socket, ch.Options{
		Database:        database,
		User:            db.user(),
		Password:        db.Password,
		Compression:     db.methodOfCompression(),
		ProtocolVersion: db.Protocol,
		ReadTimeout:     packetTimeout,
		ClientName:      "commitflow",
	})
	if err != nil {
		_ = socket.Close()
		return nil, nil, err
	}
	return client, socket, nil
}

func (db Database) methodOfCompression() ch.Compression {
	switch db.WireCompression() {
	case ZSTD:
		return ch.CompressionZSTD
	case Uncompressed:
		return ch.CompressionDisabled
	default:
		return ch.CompressionLZ4
	}
}

// do runs a query. When ctx is done it returns at once: the client by itself
// would wait for the server's next packet. After an error the connection is of
// no more use.
func (c *connection) do(ctx context.Context, q Query) error {
	queryCtx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	defer context.AfterFunc(queryCtx, func() { _ = c.socket.Close() })()
	query, err := c.prepare(q)
	if err != nil {
		return err
	}
	if err := c.client.Do(queryCtx, query); err != nil {
		return c.db.explain(ctx, err)
	}
	return nil
}

// prepare binds the arguments: on the server, where that takes parameters.
func (c *connection) prepare(q Query) (ch.Query, error) {
	query := ch.Query{Body: q.Text, Input: q.Input, OnResult: q.OnResult}
	if q.Result != nil {
		query.Result = q.Result
	} else {
		query.Result = discard(q)
	}
	for _, s := range q.Settings {
		// Not "important": a server that does not know a setting ignores it.
		query.Settings = append(query.Settings, ch.Setting{Key: s.Name, Value: s.Value})
	}
	if c.client.ServerInfo().Has(proto.FeatureParameters) && c.db.Protocol == 0 {
		for _, a := range q.Arguments {
			query.Parameters = append(query.Parameters, proto.Parameter{Key: a.Name, Value: a.parameter()})
		}
		return query, nil
	}
	var err error
	query.Body, err = bind(q.Text, q.Arguments)
	return query, err
}

// discard is the result of a query that has none, such as CREATE.
func discard(q Query) proto.Result {
	if len(q.Input) > 0 {
		return nil // the client looks at the header by itself
	}
	return proto.Results{}
}

func (c *connection) close() { _ = c.client.Close() }
