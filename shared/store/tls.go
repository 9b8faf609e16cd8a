package store

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"regexp"
	"strings"

	"github.com/go-sql-driver/mysql"
)

var (
	errNoTLS         = errors.New("store: DB_TLS_CA is set, but DB_DSN does not ask for a verified connection (tls=true)")
	errNoCertificate = errors.New("store: DB_TLS_CA has no certificate in PEM form, or one that cannot be read")
)

// trust lets the TLS connections of cfg trust the certificates in ca, PEM, besides those the system knows: managed databases
// have authorities of their own, which no system does. An empty ca trusts nobody more. It fails when cfg asks for no verified
// connection, for then ca would do nothing. (TLS is 1.2 at least; Go sees to that.)
func trust(cfg *mysql.Config, ca string) error {
	if ca == "" {
		return nil
	}
	if cfg.TLS == nil || cfg.TLS.InsecureSkipVerify || cfg.AllowFallbackToPlaintext {
		return errNoTLS
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	cfg.TLS.RootCAs = pool
	return addCertificates(pool, ca)
}

// pemBody finds what is in a certificate's armour. A variable's value may have lost its line breaks, or have them spelled out
// as \n; encoding/pem would not read it then.
var pemBody = regexp.MustCompile(`-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----`)

func addCertificates(pool *x509.CertPool, text string) error {
	found := pemBody.FindAllStringSubmatch(text, -1)
	if len(found) == 0 {
		return errNoCertificate
	}
	for _, body := range found {
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(strings.ReplaceAll(body[1], `\n`, " ")), ""))
		if err != nil {
			return errNoCertificate
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return errNoCertificate
		}
		pool.AddCert(cert)
	}
	return nil
}
