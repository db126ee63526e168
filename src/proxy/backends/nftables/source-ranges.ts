import type { ServicePortInfo } from '../../../model/resolve-services.ts'
import type { FragmentBuilder } from './fragment.ts'
import { frontendKey } from './label.ts'

/** Lets only the Service's source ranges, and `allowed`, use `addresses`. Nothing where everybody may. */
export function addSourceRanges(
  builder: FragmentBuilder,
  info: ServicePortInfo,
  addresses: readonly string[],
  allowed: readonly string[],
): void {
  if (info.sourceRanges.length === 0) return
  const sources = new Set([...info.sourceRanges.map(withoutHostLength), ...allowed])
  for (const address of addresses) {
    const key = frontendKey(info, address)
    builder.element('firewall-ips', key)
    for (const source of sources) builder.element('source-ranges', [...key, source])
  }
}

/** The range of one address is written as that address. */
function withoutHostLength(range: string): string {
  const length = range.includes(':') ? '/128' : '/32'
  return range.endsWith(length) ? range.slice(0, -length.length) : range
}
