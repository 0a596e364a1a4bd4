package schema_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
)

// certificate makes one for this machine, signed by itself, and what trusts it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "commitflow test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// secured puts TLS in front of a server, and gives the address.
func secured(t *testing.T, server string, certificate tls.Certificate) string {
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			plain, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			pass := func(from, to net.Conn) {
				_, _ = io.Copy(to, from)
				_ = from.Close()
				_ = to.Close()
			}
			go pass(client, plain)
			go pass(plain, client)
		}
	}()
	return listener.Addr().String()
}

func TestTLS(t *testing.T) {
	server := clickhousetest.StartServer(t)
	own, trusting := certificate(t)
	address := secured(t, server.Address, own)
	db := database(t, server.DSN("commitflow"))
	plain := db

	db.Address, db.TLS = address, &tls.Config{RootCAs: trusting}
	require.NoError(t, schema.Create(t.Context(), db))
	session, err := schema.Open(t.Context(), db)
	require.NoError(t, err)
	defer session.Close()
	require.NoError(t, session.Do(t.Context(), func() schema.Query {
		return schema.Query{Text: "INSERT INTO " + db.Table("schema_version") + " (version, applied) SELECT toUInt32(1), now()"}
	}))

	for name, test := range map[string]struct {
		db   schema.Database
		says string
	}{
		"certificate of somebody else": {with(db, func(db *schema.Database) { db.TLS = &tls.Config{} }), "the server's certificate is not trusted"},
		"certificate for another host": {with(db, func(db *schema.Database) { db.TLS = &tls.Config{RootCAs: trusting, ServerName: "elsewhere"} }), "the server's certificate is not trusted"},
		"TLS to a port without":        {with(plain, func(db *schema.Database) { db.TLS = &tls.Config{RootCAs: trusting} }), "the port does not speak TLS: leave out secure=true"},
		"no TLS to a port with it":     {with(db, func(db *schema.Database) { db.TLS = nil }), "(a port for TLS wants secure=true)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := schema.Open(t.Context(), test.db)
			require.Error(t, err)
			assert.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func with(db schema.Database, change func(*schema.Database)) schema.Database {
	change(&db)
	return db
}
