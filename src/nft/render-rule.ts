import { commentText } from './comment.ts'
import type { Expression, Family, Rule, Statement, Verdict } from './ruleset.ts'

/** A rule as nft reads it, without the chain it is in. */
export function renderRule(family: Family, rule: Rule): string {
  const statements = rule.statements.map((statement) => renderStatement(family, statement))
  return [...statements, ...(rule.comment === undefined ? [] : [renderComment(rule.comment)])].join(' ')
}

export function renderComment(comment: string): string {
  return `comment "${commentText(comment)}"`
}

export function renderVerdict(verdict: Verdict): string {
  return 'chain' in verdict ? `${verdict.kind} ${verdict.chain}` : verdict.kind
}

function renderKey(key: readonly Expression[]): string {
  return key.map(renderExpression).join(' . ')
}

export function renderExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'payload':
      return expression.field
    case 'meta':
      return `meta ${expression.key}`
    case 'ct':
      return `ct ${expression.key}`
    case 'fib':
      return `fib ${expression.address} type`
    case 'numgen':
      return `numgen ${expression.mode} mod ${expression.modulus}${renderOffset(expression.offset)}`
    case 'jhash': {
      const { of, modulus, seed, offset } = expression
      return `jhash ${renderKey(of)} mod ${modulus} seed ${seed}${renderOffset(offset)}`
    }
    case 'map':
      return `${renderKey(expression.key)} map @${expression.map}`
    default:
      return `${expression.value}`
  }
}

function renderOffset(offset: number): string {
  return offset === 0 ? '' : ` offset ${offset}`
}

function renderStatement(family: Family, statement: Statement): string {
  switch (statement.kind) {
    case 'match':
      return renderMatch(statement)
    case 'lookup':
      return `${renderKey(statement.key)} ${statement.not ? '!= ' : ''}@${statement.set}`
    case 'vmap':
      return `${renderKey(statement.key)} vmap @${statement.map}`
    case 'verdict':
      return renderVerdict(statement.verdict)
    case 'counter':
      return 'counter'
    case 'dnat':
      return renderDnat(family, statement)
    case 'masquerade':
      return statement.fullyRandom ? 'masquerade fully-random' : 'masquerade'
    case 'snat':
      return `snat${family === 'inet' ? ` ${familyOf(statement.to)}` : ''} to ${statement.to}`
    case 'reject':
      return renderReject(family, statement.with)
    case 'mark':
    case 'priority':
      return renderMeta(statement)
    case 'nftrace':
      return 'meta nftrace set 1'
    default:
      return renderDynamic(statement)
  }
}

/** As tc writes it, in hexadecimal: nft reads no other number there. */
export function classidText(number: number): string {
  const part = (bits: number): string => (bits & 0xffff).toString(16)
  return `${part(number >>> 16)}:${part(number)}`
}

function renderMeta({ kind, value }: Statement & { readonly kind: 'mark' | 'priority' }): string {
  const isNumber = kind === 'priority' && value.kind === 'constant'
  return `meta ${kind} set ${isNumber ? classidText(value.value) : renderExpression(value)}`
}

function renderMatch({ left, op, right }: Statement & { readonly kind: 'match' }): string {
  const name = left.kind === 'meta' && (left.key === 'iifname' || left.key === 'oifname')
  const isClassid = left.kind === 'meta' && left.key === 'priority'
  const value = name ? `"${right.replaceAll('"', '')}"` : isClassid ? classidText(Number(right)) : right
  const bits = left.kind === 'ct' && (left.key === 'state' || left.key === 'status')
  const operator = op === '==' ? '' : bits ? '! ' : '!= '
  return `${renderExpression(left)} ${operator}${value}`
}

function renderDnat(family: Family, { to, family: given }: Statement & { readonly kind: 'dnat' }): string {
  if ('kind' in to) return `dnat ${given ?? (family === 'ip6' ? 'ip6' : 'ip')} to ${renderExpression(to)}`
  const [address, port] = to
  const target = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  return `dnat${family === 'inet' ? ` ${familyOf(address)}` : ''} to ${target}`
}

function familyOf(address: string): 'ip' | 'ip6' {
  return address.includes(':') ? 'ip6' : 'ip'
}

const icmp: Readonly<Record<Family, string>> = { ip: 'icmp', ip6: 'icmpv6', inet: 'icmpx' }

function renderReject(family: Family, reason: 'port-unreachable' | 'tcp reset'): string {
  return reason === 'tcp reset' ? 'reject with tcp reset' : `reject with ${icmp[family]} port-unreachable`
}

function renderDynamic(statement: Statement & { readonly kind: 'update' | 'delete' }): string {
  const { kind, set, key, data } = statement
  const life = kind === 'update' && statement.timeout !== undefined ? ` timeout ${statement.timeout}s` : ''
  const count = kind === 'update' && statement.counter ? ' counter' : ''
  const value = data === undefined ? '' : ` : ${renderExpression(data)}`
  return `${kind} @${set} { ${renderKey(key)}${life}${count}${value} }`
}
