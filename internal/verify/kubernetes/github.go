package kubernetes

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// githubIssuer is the issuer of the tokens that GitHub gives to the jobs of a workflow.
const githubIssuer = "https://token.actions.githubusercontent.com"

// github signs tokens as GitHub does, and serves the key that verifies them.
type github struct {
	key    *rsa.PrivateKey
	server *http.Server
	url    string
}

// startGitHub serves the documents of OpenID Connect discovery with a certificate.
func startGitHub(cert certificate) (*github, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert.cert, cert.key)
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &github{key: key, url: "https://" + listener.Addr().String()}
	mux := http.NewServeMux()
	serve := func(path string, document any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(document)
		})
	}
	serve("/.well-known/openid-configuration", map[string]any{
		"issuer": githubIssuer, "jwks_uri": g.url + "/jwks",
		"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	})
	serve("/jwks", map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": segment(key.N.Bytes()), "e": segment(big.NewInt(int64(key.E)).Bytes()),
	}}})
	g.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: time.Minute,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
	}
	go func() { _ = g.server.ServeTLS(listener, "", "") }()
	return g, nil
}

func (g *github) close() { _ = g.server.Close() }

// token returns the token of a job. The subject of a job that deploys is repo:OWNER@ID/REPOSITORY@ID:environment:NAME.
func (g *github) token(subject, audience string) (string, error) {
	owner, _, _ := strings.Cut(strings.TrimPrefix(subject, "repo:"), "@")
	claims, err := json.Marshal(map[string]any{
		"iss": githubIssuer, "aud": audience, "sub": subject, "repository_owner": owner,
		"iat": time.Now().Add(-time.Second).Unix(), "exp": time.Now().Add(5 * time.Minute).Unix(),
	})
	if err != nil {
		return "", err
	}
	signed := segment([]byte(`{"alg":"RS256","typ":"JWT","kid":"1"}`)) + "." + segment(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, g.key, crypto.SHA256, sum[:])
	return signed + "." + segment(signature), err
}

// segment returns a part of a JSON Web Token.
func segment(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// authentication returns the configuration of the API server that docs/operate.md of a project describes, but the keys of
// the issuer come from this machine.
func (g *github) authentication(authority []byte) ([]byte, error) {
	return json.Marshal(map[string]any{
		"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration",
		"jwt": []any{map[string]any{
			"issuer": map[string]any{
				"url": githubIssuer, "discoveryURL": g.url + "/.well-known/openid-configuration",
				"certificateAuthority": string(authority), "audiences": []string{"kubernetes"},
			},
			"claimValidationRules": []any{map[string]any{"claim": "repository_owner", "requiredValue": "acme"}},
			"claimMappings":        map[string]any{"username": map[string]any{"claim": "sub", "prefix": "github:"}},
		}},
	})
}

// DryRunAsPipeline checks that a job of the pipeline, which has a token of GitHub and the role in a file, may apply and roll back a
// manifest in a namespace, and that it may neither read secrets nor enter pods. The namespace must exist.
func (c *Cluster) DryRunAsPipeline(role, namespace, environment string, manifest []byte) error {
	text, err := os.ReadFile(role)
	if err != nil {
		return err
	}
	if _, err := c.kubectl(text, "apply", "--server-side", "-f", "-"); err != nil {
		return err
	}
	resources, err := decode(text)
	if err != nil {
		return err
	}
	const repository = "repo:acme@12/orders@34:environment:"
	binding, err := c.kubectl(nil, "--namespace", namespace, "create", "rolebinding", "pipeline", "--clusterrole", resources[0].name(),
		"--user", "github:"+repository+environment, "--dry-run=client", "--output", "yaml")
	if err != nil {
		return err
	}
	if _, err := c.kubectl([]byte(binding), "apply", "--server-side", "-f", "-"); err != nil {
		return err
	}
	job, err := c.github.token(repository+environment, "kubernetes")
	if err != nil {
		return err
	}
	// The API server reads the keys of the issuer when it has started.
	if err := await(startLimit, func() error {
		_, err := c.kubectl(nil, "--token", job, "auth", "whoami")
		return err
	}); err != nil {
		return err
	}
	if _, err := c.kubectl(manifest, "--token", job, "apply", "--server-side", "--dry-run=server", "-f", "-"); err != nil {
		return err
	}
	for _, allowed := range []string{"patch deployments.apps", "list replicasets.apps", "watch deployments.apps", "list pods", "list events"} {
		if err := c.can(job, namespace, allowed, true); err != nil {
			return err
		}
	}
	for _, refused := range []string{"get secrets", "list secrets", "create pods/exec", "delete namespaces", "delete resourcequotas", "create rolebindings.rbac.authorization.k8s.io", "get nodes"} {
		if err := c.can(job, namespace, refused, false); err != nil {
			return err
		}
	}
	// `make deploy` replaces a Job, and deletes nothing else.
	if err := c.can(job, namespace, "delete jobs.batch", bytes.Contains(manifest, []byte("\nkind: Job\n"))); err != nil {
		return err
	}
	if err := c.can(job, "default", "get deployments.apps", false); err != nil {
		return err
	}
	return c.refuseOtherJobs(namespace, repository+environment)
}

// refuseOtherJobs checks that the job of another environment has no rights in a namespace, and that tokens for another
// audience and of another owner are not accepted.
func (c *Cluster) refuseOtherJobs(namespace, subject string) error {
	other, err := c.github.token(subject+"-2", "kubernetes")
	if err != nil {
		return err
	}
	if err := c.can(other, namespace, "get deployments.apps", false); err != nil {
		return err
	}
	for _, refused := range []struct{ subject, audience string }{
		{subject, "sts.amazonaws.com"},
		{strings.Replace(subject, "acme", "mallory", 1), "kubernetes"},
	} {
		foreign, err := c.github.token(refused.subject, refused.audience)
		if err != nil {
			return err
		}
		if _, err := c.kubectl(nil, "--token", foreign, "auth", "whoami"); err == nil {
			return fmt.Errorf("the API server accepts a token of GitHub for %s and %s", refused.subject, refused.audience)
		}
	}
	return nil
}

// can checks whether the owner of a token may do something, such as "get secrets", in a namespace.
func (c *Cluster) can(token, namespace, what string, want bool) error {
	verb, resource, _ := strings.Cut(what, " ")
	resource, subresource, _ := strings.Cut(resource, "/")
	// The exit code is 1 if the answer is no.
	answer, _, err := c.run(nil, "--token", token, "auth", "can-i", verb, resource, "--subresource", subresource, "--namespace", namespace)
	switch got := strings.TrimSpace(answer); {
	case got != "yes" && got != "no":
		return fmt.Errorf("can-i %s: %q: %w", what, got, err)
	case (got == "yes") != want:
		return fmt.Errorf("the pipeline in %s: %s: got %s", namespace, what, got)
	}
	return nil
}
