// Package pipeline tests the GitHub workflows of the rendered service. It checks
// their text in every combination. With -steps 'lint act', it also lints them and
// runs their jobs.
//
// Jobs run on this machine, without GitHub: act interprets the workflows. Actions
// are stubs generated from testdata/actions.yaml. Programs with external effects
// (docker, cosign, kubectl, gh, sudo) are the stub testdata/stub, which records
// each call. Everything else is real.
package pipeline
