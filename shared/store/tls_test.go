package store_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"wxlottery/shared/store"
)

// ownCertificate makes a certificate for 127.0.0.1 that no system trusts.
func ownCertificate(t *testing.T) (cert tls.Certificate, ca string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// greeting is the first packet of a server that offers TLS.
func greeting() []byte {
	const capabilities = 0x00088a00 // protocol 4.1, TLS, secure connection, named authentication
	body := append([]byte("\x0a8.0.0\x00"), 1, 0, 0, 0)
	body = append(body, "12345678\x00"...)
	body = binary.LittleEndian.AppendUint16(body, capabilities&0xffff)
	body = append(body, 45, 2, 0)
	body = binary.LittleEndian.AppendUint16(body, capabilities>>16)
	body = append(append(body, 21), make([]byte, 10)...)
	body = append(body, "123456789012\x00mysql_native_password\x00"...)
	return append([]byte{byte(len(body)), 0, 0, 0}, body...)
}

// serveTLS is a database server up to its TLS handshake; handshakes gets the outcome of each.
func serveTLS(t *testing.T, cert tls.Certificate, oldest, newest uint16) (addr string, handshakes chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	handshakes = make(chan error, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Write(greeting())
			if _, err := io.ReadFull(conn, make([]byte, 36)); err == nil {
				handshakes <- tls.Server(conn, &tls.Config{
					Certificates: []tls.Certificate{cert}, MinVersion: oldest, MaxVersion: newest,
				}).Handshake()
			}
			conn.Close()
		}
	}()
	return l.Addr().String(), handshakes
}

func TestOnlyACertificateThatIsTrustedIsAccepted(t *testing.T) {
	t.Parallel()
	cert, ca := ownCertificate(t)
	_, other := ownCertificate(t)
	for name, tt := range map[string]struct {
		ca      string
		version uint16
		ok      bool
	}{
		"system only":         {"", tls.VersionTLS13, false},
		"another authority":   {other, tls.VersionTLS13, false},
		"its authority":       {ca, tls.VersionTLS13, true},
		"TLS 1.2":             {ca, tls.VersionTLS12, true},
		"TLS 1.1":             {ca, tls.VersionTLS11, false},
		"several":             {other + ca, tls.VersionTLS13, true},
		"line breaks lost":    {strings.ReplaceAll(ca, "\n", " "), tls.VersionTLS13, true},
		"line breaks removed": {strings.ReplaceAll(ca, "\n", ""), tls.VersionTLS13, true},
		"line breaks spelled": {strings.ReplaceAll(ca, "\n", `\n`), tls.VersionTLS13, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr, handshakes := serveTLS(t, cert, tls.VersionTLS10, tt.version)
			s, err := store.Open("user:pass@tcp("+addr+")/db?tls=true", store.Options{CA: tt.ca})
			must(t, err)
			defer s.Close()
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			if _, err := s.Now(ctx); err == nil {
				t.Fatal("there is no database, and it has an answer")
			}
			if err := <-handshakes; (err == nil) != tt.ok {
				t.Errorf("handshake: %v", err)
			}
		})
	}
}

func TestAnAuthorityThatWouldNotBeUsedIsRefused(t *testing.T) {
	t.Parallel()
	_, ca := ownCertificate(t)
	for name, tt := range map[string]struct{ options, ca string }{
		"no TLS":         {"", ca},
		"not verified":   {"?tls=skip-verify", ca},
		"TLS if it must": {"?tls=preferred", ca},
		"no certificate": {"?tls=true", "hunter2"},
		"half":           {"?tls=true", ca[:200]},
		"not base64":     {"?tls=true", "-----BEGIN CERTIFICATE-----\nhunter2!\n-----END CERTIFICATE-----"},
		"not DER":        {"?tls=true", "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----"},
	} {
		_, err := store.Open("user:hunter2@tcp(db:3306)/x"+tt.options, store.Options{CA: tt.ca})
		if err == nil || !strings.Contains(err.Error(), "DB_TLS_CA") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := store.Open("user:hunter2@tcp(db:3306)/x?tls=preferred", store.Options{}); err != nil {
		t.Error(err)
	}
}
