package probe

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const metricUsage = "metric [-i NAME | -url URL] [-keep VARIABLE] SERIES [==|!=|<|<=|>|>= NUMBER[+NUMBER]…]"

// metricCommand scrapes the service and sums the matching series: metric 'http_requests{code=~"5.."}' == 0. Without a
// comparison, at least one series must match. -keep stores the sum in a variable for later comparisons.
func metricCommand(s *script, args []string) error {
	flags := newFlags("metric")
	name := flags.instance()
	url := flags.String("url", "", "URL to scrape instead of the service")
	keep := flags.String("keep", "", "variable to store the sum in")
	if err := flags.Parse(args); err != nil {
		return err
	}
	args = flags.Args()
	if len(args) != 1 && len(args) != 3 {
		return errors.New("usage: " + metricUsage)
	}
	if *url == "" {
		i, err := s.instance(*name)
		if err != nil {
			return err
		}
		*url = "http://" + i.metrics + "/metrics"
	}
	series, err := parseSeries(args[0])
	if err != nil {
		return err
	}
	samples, err := scrape(*url)
	if err != nil {
		return unmet{err}
	}
	sum, n := 0.0, 0
	for _, sample := range samples {
		if series.matches(sample.Metric) {
			s.printf("%s %s\n", sample.Metric, sample.Value)
			sum += float64(sample.Value)
			n++
		}
	}
	if n == 0 {
		return unmetf("none of %d series matches %s", len(samples), args[0])
	}
	if *keep != "" {
		s.ts.Setenv(*keep, strconv.FormatFloat(sum, 'f', -1, 64))
	}
	if len(args) == 1 {
		return nil
	}
	return compare(sum, args[1], args[2])
}

// scrape reads metrics in the text format of Prometheus.
func scrape(url string) (model.Vector, error) {
	response, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s returned %s", url, response.Status)
	}
	decoder := expfmt.SampleDecoder{
		Dec:  expfmt.NewDecoder(response.Body, expfmt.ResponseFormat(response.Header)),
		Opts: &expfmt.DecodeOptions{},
	}
	var samples model.Vector
	for {
		var batch model.Vector
		if err := decoder.Decode(&batch); errors.Is(err, io.EOF) {
			return samples, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", url, err)
		}
		samples = append(samples, batch...)
	}
}

// selector is a PromQL selector: a name, with optional matchers in braces.
type selector struct {
	matchers []matcher
}

type matcher struct {
	label model.LabelName
	not   bool
	value *regexp.Regexp
}

var (
	seriesPattern  = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)?(?:\{(.*)\})?$`)
	matcherPattern = regexp.MustCompile(`^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*")\s*(?:,|$)`)
)

func parseSeries(text string) (selector, error) {
	parts := seriesPattern.FindStringSubmatch(text)
	if parts == nil || text == "" {
		return selector{}, fmt.Errorf("%q is not a series such as name{label=\"value\"}", text)
	}
	var sel selector
	if parts[1] != "" {
		sel.matchers = append(sel.matchers, matcher{label: model.MetricNameLabel, value: exactly(regexp.QuoteMeta(parts[1]))})
	}
	for rest := parts[2]; strings.TrimSpace(rest) != ""; {
		m := matcherPattern.FindStringSubmatch(rest)
		if m == nil {
			return selector{}, fmt.Errorf("%q is not LABEL=\"VALUE\", with =, !=, =~ or !~", rest)
		}
		rest = rest[len(m[0]):]
		value, err := strconv.Unquote(m[3])
		if err != nil {
			return selector{}, err
		}
		if m[2] == "=" || m[2] == "!=" {
			value = regexp.QuoteMeta(value)
		}
		if _, err := regexp.Compile(value); err != nil {
			return selector{}, err
		}
		sel.matchers = append(sel.matchers, matcher{label: model.LabelName(m[1]), not: m[2][0] == '!', value: exactly(value)})
	}
	return sel, nil
}

func exactly(expression string) *regexp.Regexp { return regexp.MustCompile("^(?:" + expression + ")$") }

func (s selector) matches(labels model.Metric) bool {
	return !slices.ContainsFunc(s.matchers, func(m matcher) bool {
		return m.value.MatchString(string(labels[m.label])) == m.not
	})
}

// compare returns an error unless "got OP want" is true. want may be a sum, such as 12+5.
func compare(got float64, op, want string) error {
	limit := 0.0
	for _, part := range strings.Split(want, "+") {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number", want)
		}
		limit += n
	}
	holds, ok := map[string]bool{
		"==": got == limit, "!=": got != limit, "<": got < limit, "<=": got <= limit, ">": got > limit, ">=": got >= limit,
	}[op]
	if !ok {
		return fmt.Errorf("unknown operator %q: use ==, !=, <, <=, > or >=", op)
	}
	if !holds {
		return unmetf("got %v, want %s %v", got, op, limit)
	}
	return nil
}
