package request

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Proxies is the list of networks whose X-Forwarded-For is believed. The empty list believes nobody.
type Proxies []netip.Prefix

// ParseProxies reads networks such as 10.0.0.0/8 and single addresses such as 10.1.2.3. All errors are reported at once.
func ParseProxies(list []string) (Proxies, error) {
	var proxies Proxies
	var errs []error
	for _, s := range list {
		prefix, err := netip.ParsePrefix(s)
		if err != nil {
			addr, addrErr := netip.ParseAddr(s)
			if addrErr != nil || addr.Zone() != "" {
				errs = append(errs, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", s))
				continue
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		if prefix.Addr().Is4In6() {
			errs = append(errs, fmt.Errorf("%q must be written as an IPv4 network", s))
			continue
		}
		proxies = append(proxies, prefix.Masked())
	}
	return proxies, errors.Join(errs...)
}

// ClientAddr tells where a request came from. remote is the peer of the connection, forwarded the values of
// X-Forwarded-For. Each proxy appends the address it was called from, so the list is read from its right end, and the
// first hop that is not a trusted proxy is the client: everything to the left of it may be invented.
func (p Proxies) ClientAddr(remote string, forwarded []string) netip.Addr {
	client := parsePeer(remote)
	if len(forwarded) == 0 || !p.trusts(client) {
		return client
	}
	for i := len(forwarded) - 1; i >= 0; i-- {
		rest := forwarded[i]
		for rest != "" {
			comma := strings.LastIndexByte(rest, ',')
			hop := parseHop(strings.TrimSpace(rest[comma+1:]))
			if !hop.IsValid() {
				return client // a proxy that writes nonsense vouches for nothing further left
			}
			client = hop
			if !p.trusts(hop) {
				return client
			}
			if comma < 0 {
				break
			}
			rest = rest[:comma]
		}
	}
	return client
}

func (p Proxies) trusts(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// parseHop reads an address with or without a port.
func parseHop(s string) netip.Addr {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return parsePeer(s)
	}
	return plain(addr)
}

// parsePeer reads an address with a port.
func parsePeer(s string) netip.Addr {
	withPort, err := netip.ParseAddrPort(s)
	if err != nil {
		return netip.Addr{}
	}
	return plain(withPort.Addr())
}

// plain drops the zone, and turns IPv4 in IPv6 into IPv4, so that one client has one address.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }
