package middleware

import (
	"io"
	"sync"

	br "github.com/andybalholm/brotli"
	gz "github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// encoder is what the compression libraries have in common.
type encoder interface {
	io.WriteCloser
	Flush() error
	Reset(io.Writer)
}

// encoderPools keeps encoders for the next response: each holds some hundred kilobytes.
type encoderPools [codings]sync.Pool

func (p *encoderPools) get(c coding, w io.Writer) encoder {
	enc, ok := p[c].Get().(encoder)
	if !ok { // the pool is empty
		enc = newEncoder(c)
	}
	enc.Reset(w)
	return enc
}

// put takes back an encoder in whatever state it is, and lets go of the response it wrote to.
func (p *encoderPools) put(c coding, enc encoder) {
	enc.Reset(io.Discard)
	p[c].Put(enc)
}

// newEncoder returns an encoder that favours speed: a response is compressed once and read once.
func newEncoder(c coding) encoder {
	switch c {
	case zstandard:
		// One goroutine and 1 MiB of window: a browser must accept 8 MiB, and responses are seldom that long. The options
		// are constants, so there is no error.
		enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic(err)
		}
		return enc
	case brotli:
		return br.NewWriterLevel(io.Discard, 4)
	case deflate:
		// The coding is the zlib format, in spite of its name.
		return zlib.NewWriter(io.Discard)
	default:
		return gz.NewWriter(io.Discard)
	}
}
