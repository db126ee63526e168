/** The rules that decided about a packet, as people read them: nft's own text, with the elements that were found in sets. */
import type { Decision, Evaluation } from './evaluate.ts'
import { renderRule, renderVerdict } from './render-rule.ts'
import { type Element, elementKey, type Hook } from './ruleset.ts'

/** One rule of nftables that matched the packet, or the policy that ended it. */
export interface RuleStep {
  readonly hook: string
  /** With its family: `ip portolan`. */
  readonly table: string
  readonly chain: string
  /** Its place in the chain, from 0; null for the chain's policy. */
  readonly rule: number | null
  /** As nft writes it. */
  readonly text: string
  /** What was found in sets and maps: `@service-ips: 10.96.0.9 . tcp . 80 : goto ...`. */
  readonly elements: readonly string[]
}

/** What was passed at one hook, each rule once, in order; `ways` are those that the same packet can go. */
export function ruleSteps(hook: Hook['hook'], ways: readonly Evaluation[]): readonly RuleStep[] {
  const steps = new Map<string, RuleStep>()
  for (const decision of ways.flatMap(({ decisions }) => decisions)) {
    // A chain that ends without a word says nothing of this packet.
    if (decision.rule === undefined && decision.policy === 'accept') continue
    const key = `${decision.table} ${decision.chain} ${decision.index}`
    const earlier = steps.get(key)
    const elements = [...(earlier?.elements ?? []), ...decision.elements.map(elementText)]
    steps.set(key, { ...stepOf(hook, decision), elements: [...new Set(elements)] })
  }
  return [...steps.values()]
}

function stepOf(hook: Hook['hook'], { family, table, chain, index, rule, policy }: Decision): RuleStep {
  return {
    hook,
    table: `${family} ${table}`,
    chain,
    rule: index ?? null,
    text: rule === undefined ? `policy ${policy}` : renderRule(family, rule),
    elements: [],
  }
}

function elementText({ set, element }: Decision['elements'][number]): string {
  const comment = element.comment === undefined ? '' : ` (${element.comment})`
  return `@${set}: ${elementKey(element)}${dataText(element)}${comment}`
}

function dataText({ data }: Element): string {
  if (data === undefined) return ''
  return ` : ${'kind' in data ? renderVerdict(data) : data.join(' . ')}`
}
