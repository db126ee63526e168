/** JUnit XML as the readers of continuous integration take it: every required attribute, and counts that add up. */
import { describe, expect, test } from 'vitest'
import { checkInputs } from '../check/check-inputs.ts'
import { checks } from '../check/rules/index.ts'
import { junitReport } from './junit.ts'

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  readonly text: string
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#10': '\n',
  '#9': '\t',
  '#13': '\r',
}

function unescape(text: string): string {
  return text.replaceAll(/&([^;]*);?/g, (whole, name: string) => {
    const character = ENTITIES[name]
    if (character === undefined) throw new Error(`no such entity: ${whole}`)
    return character
  })
}

function readAttributes(text: string): Readonly<Record<string, string>> {
  const found = [...text.matchAll(/\s+([a-z]+)="([^"<]*)"/g)]
  expect(found.map(([whole]) => whole).join('')).toBe(text)
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name, unescape(value)]))
}

/** Well-formed XML or an Error. */
function parseXml(text: string): Element {
  const [head = ''] = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/.exec(text) ?? []
  expect(head).not.toBe('')
  const open: { name: string; attributes: Element['attributes']; children: Element[]; text: string }[] = [
    { name: '', attributes: {}, children: [], text: '' },
  ]
  for (const [token] of text.slice(head.length).matchAll(/<[^>]*>|[^<]+/g)) {
    const top = open.at(-1)
    if (top === undefined) throw new Error('an end without a start')
    const [, end, name = '', attributes = '', alone] =
      /^<(\/?)([a-z-]+)((?:\s+[a-z]+="[^"<]*")*)(\/?)>$/.exec(token) ?? []
    if (!token.startsWith('<')) top.text += unescape(token)
    else if (name === '') throw new Error(`no tag: ${token}`)
    else if (end === '/') {
      expect(top.name).toBe(name)
      open.pop()
    } else {
      const element = { name, attributes: readAttributes(attributes), children: [], text: '' }
      top.children.push(element)
      if (alone !== '/') open.push(element)
    }
  }
  const [root, ...others] = open[0]?.children ?? []
  if (root === undefined || others.length > 0 || open.length !== 1) throw new Error('not one root')
  return root
}

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  testsuites: ['name', 'tests', 'failures', 'errors'],
  testsuite: ['name', 'tests', 'failures', 'errors', 'skipped'],
  testcase: ['name', 'classname'],
  failure: ['message', 'type'],
  'system-out': [],
}
const CHILDREN: Readonly<Record<string, RegExp>> = {
  testsuites: /^testsuite$/,
  testsuite: /^testcase$/,
  testcase: /^(?:failure|system-out)$/,
  failure: /^$/,
  'system-out': /^$/,
}

function validate(element: Element): void {
  const { name, attributes, children, text } = element
  expect(Object.keys(attributes)).toEqual(expect.arrayContaining([...(REQUIRED[name] ?? ['no such element'])]))
  for (const child of children) {
    expect(child.name).toMatch(CHILDREN[name] ?? /^$/)
    validate(child)
  }
  if (children.length > 0) expect(text.trim()).toBe('')
  if (name === 'testsuites' || name === 'testsuite') {
    const cases = below(element, 'testcase')
    expect(attributes).toMatchObject({
      tests: String(cases.length),
      failures: String(below(element, 'failure').length),
      errors: '0',
    })
    expect(children.length).toBeGreaterThan(0)
  }
  if (name === 'testcase' && 'line' in attributes) expect(Number(attributes['line'])).toBeGreaterThan(0)
}

function below(element: Element, name: string): readonly Element[] {
  return element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...below(child, name)])
}

describe('JUnit', () => {
  test.each(checks.map((check) => [check.name, check] as const))('%s', (name, { examples }) => {
    const report = checkInputs(examples.map(({ yaml }, i) => ({ file: `${name} ${i}.yaml`, text: yaml })))
    for (const strict of [false, true]) {
      const root = parseXml(junitReport(report, strict))
      expect(root.name).toBe('testsuites')
      validate(root)
      expect(below(root, 'failure').length).toBe(
        report.findings.filter(({ severity }) => severity === 'error' || (strict && severity === 'warning')).length,
      )
    }
  })

  test('what XML does not allow is replaced, and the rest comes back as it was', () => {
    const file = 'a<b>&"c\'\n\u0001.yaml'
    const root = parseXml(junitReport(checkInputs([{ file, text: 'a: [' }]), false))
    validate(root)
    expect(root.children[0]?.attributes['name']).toBe('a<b>&"c\'\n\uFFFD.yaml')
  })

  test.each(['<testsuites>', '<a></b>', '<a b=c/>', '<a/>&nbsp;', '<a/><a/>'])('the reader refuses %s', (text) => {
    expect(() => parseXml(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`)).toThrow()
  })
})
