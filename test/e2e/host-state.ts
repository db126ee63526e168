/** What a network must leave as it was: the state of a host, as lines under the name of what they tell of. */

export type HostState = ReadonlyMap<string, readonly string[]>

/**
 * A script for sh that prints the state. Its arguments are the folders whose files count. Counters are left out, and so
 * is the script itself. Without the nft program the rules are not looked at.
 */
export const HOST_STATE_SCRIPT = `
section() { echo "== $1"; }
section links; sed -n 's/:.*//p' /proc/net/dev
section addresses; cat /proc/net/fib_trie /proc/net/if_inet6 2>/dev/null
section routes; cat /proc/net/route; sed 's/ [0-9a-f]* [0-9a-f]* \\([0-9a-f]* *[^ ]*\\)$/ \\1/' /proc/net/ipv6_route 2>/dev/null
section nftables; nft list ruleset 2>/dev/null
section mounts; cat /proc/self/mountinfo
section sysctls; grep -rs . /proc/sys/net | grep -v -e nf_conntrack_count -e random/
section sockets
for protocol in tcp tcp6 udp udp6; do
  while read -r _ local _ state _; do
    case $protocol$state in tcp*0A | udp*) echo "$protocol $local" ;; esac
  done <"/proc/net/$protocol"
done
while read -r _ _ _ flags _ _ _ path; do [ "$flags" = 00010000 ] && echo "unix $path"; done </proc/net/unix
section processes
for process in /proc/[0-9]*; do
  read -r line 2>/dev/null <"$process/stat" || continue
  [ "$process" = "/proc/$$" ] || echo "$line"
done
section files; find "$@" 2>/dev/null
exit 0`

export function parseHostState(text: string): HostState {
  const state = new Map<string, string[]>()
  let lines: string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('== ')) state.set(line.slice(3), (lines = []))
    else if (line.trim() !== '') lines.push(line)
  }
  const processes = state.get('processes')?.flatMap(processOf) ?? []
  return new Map([...state, ['processes', processes]])
}

/** `pid name`. What has ended and waits for its parent to hear of it holds nothing. */
function processOf(stat: string): readonly string[] {
  const [, pid, name, state] = /^(\d+) \((.*)\) (\S)/s.exec(stat) ?? []
  return pid === undefined || state === 'Z' || state === 'X' ? [] : [`${pid} ${name}`]
}

/** What came and went, such as `links: + veth0`; empty where the host is as it was. */
export function hostDifference(before: HostState, after: HostState): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [old, now] = [before.get(name) ?? [], after.get(name) ?? []]
    const came = missingFrom(old, now).map((line) => `${name}: + ${line}`)
    return [...missingFrom(now, old).map((line) => `${name}: - ${line}`), ...came]
  })
}

/** The lines that `lines` has more often than `list`. */
function missingFrom(list: readonly string[], lines: readonly string[]): readonly string[] {
  const left = new Map<string, number>()
  for (const line of list) left.set(line, (left.get(line) ?? 0) + 1)
  return lines.filter((line) => {
    const count = left.get(line) ?? 0
    left.set(line, count - 1)
    return count <= 0
  })
}
