/** JUnit XML: a suite a file, a case a finding; what makes the run fail is a failure. */
import type { Finding } from '../check/finding.ts'
import type { CheckReport } from '../check/report.ts'

/** Characters that XML 1.0 does not allow even as references. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu
const ALLOWED = '\t\n\r'

function escapeXml(text: string): string {
  return text
    .replaceAll(FORBIDDEN, (character) => (ALLOWED.includes(character) ? character : '\uFFFD'))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\t', '&#9;')
    .replaceAll('\r', '&#13;')
}

function isFailing({ severity }: Finding, strict: boolean): boolean {
  return severity === 'error' || (strict && severity === 'warning')
}

function caseOf(finding: Finding, strict: boolean): string {
  const { code, name, severity, message, object, location } = finding
  const { file, line, column } = location
  const what = [object.kind, object.namespace, object.name].filter((part) => part !== '').join('/')
  const start = `    <testcase name="${escapeXml(`${code} ${name}${what === '' ? '' : ` ${what}`}`)}" classname="${escapeXml(file)}" file="${escapeXml(file)}" line="${line}">`
  const text = escapeXml(message)
  const place = escapeXml(`${file}:${line}:${column}: ${severity}: ${message}`)
  const inner = isFailing(finding, strict)
    ? `<failure message="${text}" type="${severity}">${place}</failure>`
    : `<system-out>${place}</system-out>`
  return `${start}${inner}</testcase>\n`
}

function suiteOf(file: string, findings: readonly Finding[], strict: boolean): string {
  const failures = findings.filter((finding) => isFailing(finding, strict)).length
  const name = escapeXml(file)
  const cases =
    findings.length === 0
      ? `    <testcase name="nothing found" classname="${name}"/>\n`
      : findings.map((finding) => caseOf(finding, strict)).join('')
  const tests = Math.max(findings.length, 1)
  return `  <testsuite name="${name}" tests="${tests}" failures="${failures}" errors="0" skipped="0">\n${cases}  </testsuite>\n`
}

export function junitReport({ findings, sources }: CheckReport, strict: boolean): string {
  const files = new Set([...sources.keys(), ...findings.map(({ location }) => location.file)])
  const suites = [...files].map((file) =>
    suiteOf(
      file,
      findings.filter(({ location }) => location.file === file),
      strict,
    ),
  )
  const failures = findings.filter((finding) => isFailing(finding, strict)).length
  const tests = [...files].reduce(
    (sum, file) => sum + Math.max(1, findings.filter(({ location }) => location.file === file).length),
    0,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="portolan check" tests="${tests}" failures="${failures}" errors="0">\n${suites.join('')}</testsuites>\n`
}
