import type { PodSpec } from './core.ts'
import { invalid, invalidEach, notSupported, required, type FieldError, type FieldPath } from './field-error.ts'
import { dnsSubdomain, ipAddress } from './syntax.ts'

const DNS_POLICIES: readonly string[] = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']
/** As the resolver libraries have them; search limits since Kubernetes 1.28. */
const [MOST_SERVERS, MOST_DOMAINS, LONGEST_SEARCH] = [3, 32, 2048]

/** dnsPolicy and dnsConfig of the Pod spec at `path`. */
export function validatePodDns({ dnsPolicy = '', dnsConfig }: PodSpec, path: FieldPath): readonly FieldError[] {
  const at = [...path, 'dnsConfig']
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {}
  const errors: FieldError[] = []
  if (dnsPolicy !== '' && !DNS_POLICIES.includes(dnsPolicy)) {
    errors.push(notSupported([...path, 'dnsPolicy'], dnsPolicy, DNS_POLICIES))
  }
  if (dnsPolicy === 'None' && dnsConfig === undefined) {
    errors.push(required(at, 'must provide `dnsConfig` when `dnsPolicy` is None'))
  } else if (dnsPolicy === 'None' && nameservers.length === 0) {
    const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None'
    errors.push(required([...at, 'nameservers'], detail))
  }
  if (nameservers.length > MOST_SERVERS) {
    errors.push(invalid([...at, 'nameservers'], nameservers, `must not have more than ${MOST_SERVERS} nameservers`))
  }
  errors.push(...nameservers.flatMap((ip, i) => invalidEach([...at, 'nameservers', i], ip, ipAddress(ip))))
  return [
    ...errors,
    ...validateSearches(searches, [...at, 'searches']),
    ...options.flatMap(({ name = '' }, i) =>
      name === '' ? [required([...at, 'options', i], 'must not be empty')] : [],
    ),
  ]
}

/** A dot alone, a dot at the end and underscores (KEP-4427) are good. */
function validateSearches(searches: readonly string[], path: FieldPath): readonly FieldError[] {
  const errors: FieldError[] = []
  if (searches.length > MOST_DOMAINS) {
    errors.push(invalid(path, searches, `must not have more than ${MOST_DOMAINS} search paths`))
  }
  if (searches.join(' ').length > LONGEST_SEARCH) {
    const detail = `must not have more than ${LONGEST_SEARCH} characters (including spaces) in the search list`
    errors.push(invalid(path, searches, detail))
  }
  // A letter stands for each underscore: it may be wherever a letter may be.
  const nameOf = (search: string): string => search.replace(/\.$/, '').replaceAll('_', 'x')
  const named = searches.flatMap((search, i) =>
    search === '.' ? [] : invalidEach([...path, i], search, dnsSubdomain(nameOf(search))),
  )
  return [...errors, ...named]
}
