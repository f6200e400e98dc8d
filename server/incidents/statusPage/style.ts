import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const TOKENS = join(import.meta.dirname, '../../../app/tokens.css')

const RULES = `
*{box-sizing:border-box}
body{margin:0;background:var(--surface-page);color:var(--text-1);font:400 var(--text-lg)/var(--leading-read) var(--font-sans);font-variant-numeric:var(--numeric)}
h1,h2,h3,p,ul,ol,dl,dd{margin:0;padding:0}ul,ol{list-style:none}a{color:var(--accent-text)}p,h1,h2,h3,dd{overflow-wrap:anywhere}
:focus-visible{outline:var(--focus-width) solid var(--focus-color);outline-offset:var(--focus-offset)}
.w{max-width:860px;margin:0 auto;padding:0 20px}
.i{width:16px;height:16px;flex:none}.dim{color:var(--text-3)}.pre{white-space:pre-line}.md h3{font-size:15px;margin:16px 0 4px}.md ul{list-style:disc;padding-left:20px}.md p{margin:0 0 8px;white-space:pre-line}.md code{font-family:ui-monospace,monospace;font-size:.92em}
header{border-bottom:1px solid var(--border);background:var(--surface-panel)}
header .w{display:flex;align-items:center;gap:12px;min-height:64px}header .home{font-weight:var(--weight-title);flex:1;color:inherit;text-decoration:none;min-width:0;overflow-wrap:anywhere}header .mark{width:26px;height:26px;flex:none}header img{max-height:32px;max-width:160px}
.btn{display:inline-flex;align-items:center;height:44px;padding:0 16px;border:1px solid var(--border-control);border-radius:var(--radius-2);background:var(--surface-panel);color:var(--text-1);font:550 15px var(--font-sans);text-decoration:none;white-space:nowrap}
.hero{margin:32px 0 20px;padding:22px 24px;border:1px solid var(--border);border-radius:var(--radius-3);display:grid;grid-template-columns:36px 1fr;gap:6px 16px;align-items:center}
.hero .i{width:36px;height:36px}.hero h1{font-size:1.5rem;font-weight:var(--weight-title);letter-spacing:-.015em;line-height:1.2}.hero p{grid-column:2}.hero .dim{color:var(--text-2);font-size:14px}
.hero.o{border-color:var(--status-operational-line);background:var(--status-operational-tint)}.hero.d{border-color:var(--status-degraded-line);background:var(--status-degraded-tint)}.hero.p{border-color:var(--status-partial-line);background:var(--status-partial-tint)}.hero.j{border-color:var(--status-major-line);background:var(--status-major-tint)}.hero.m{border-color:var(--status-maintenance-line);background:var(--status-maintenance-tint)}.hero.u{border-color:var(--status-unknown-line);background:var(--status-unknown-tint)}
.hero h1,.hero p{color:var(--text-1)}
.stale{margin:16px 0 0;padding:12px 16px;border:1px solid var(--status-degraded-line);border-radius:var(--radius-3);background:var(--status-degraded-tint)}
.inc{border:1px solid var(--border);border-radius:var(--radius-3);background:var(--surface-panel);padding:20px 24px;margin-bottom:20px}
.inc h2,.h2{font-size:1.125rem;font-weight:var(--weight-title);letter-spacing:-.008em}
.inc ol{margin-top:14px;display:grid;gap:14px}.inc li{display:grid;grid-template-columns:120px minmax(0,1fr);gap:16px}.inc li time{font-size:14px;color:var(--text-3)}.inc time span{display:block}.inc li b{display:block;font-weight:var(--weight-strong);font-size:15px}.inc li+li{padding-top:14px;border-top:1px solid var(--border-hair)}
.h2{margin:32px 0 4px}.sub{font-size:14px;color:var(--text-3)}.page{font-size:1.5rem;font-weight:var(--weight-title);line-height:1.2;margin:32px 0 8px}
.comp{border:1px solid var(--border);border-radius:var(--radius-3);background:var(--surface-panel);margin:12px 0 14px}.comp>li{padding:14px 24px 12px;border-bottom:1px solid var(--border-hair)}.comp>li:last-child{border:0}
.ch{display:flex;align-items:baseline;gap:10px;justify-content:space-between}.ch h3,.grp{font-size:15px;font-weight:var(--weight-strong)}.ch h3 a{color:inherit;text-decoration:none}.ch h3 a:hover{text-decoration:underline}.ch small{font-size:13px;color:var(--text-3);font-weight:400;margin-left:8px}.grp{margin-top:16px}
.st{display:inline-flex;align-items:center;gap:6px;font-size:14px;font-weight:var(--weight-strong);white-space:nowrap}.st .i{width:15px;height:15px}
.o{color:var(--status-operational-text)}.d{color:var(--status-degraded-text)}.p{color:var(--status-partial-text)}.j{color:var(--status-major-text)}.m{color:var(--status-maintenance-text)}.u{color:var(--status-unknown-text)}
.bars{display:grid;grid-template-columns:repeat(90,1fr);gap:2px;height:30px;align-items:end;margin:4px 0 5px}.bars>*{display:block;height:11px;border-radius:1.5px;background:var(--status-operational-solid)}
.bars .d{height:17px;background:var(--status-degraded-solid)}.bars .p{height:23px;background:var(--status-partial-solid)}.bars .j{height:30px;background:var(--status-major-solid)}.bars .m{background:none;border:1.5px solid var(--status-maintenance-solid)}.bars .u{background:none;border:1px dashed var(--status-unknown-solid)}
.bf{display:flex;justify-content:space-between;font-size:13px;color:var(--text-3)}.bf b{font-weight:500;color:var(--text-2)}
.leg{display:flex;flex-wrap:wrap;gap:8px 20px;font-size:13px}.leg .st{font-size:13px}
.note{font-size:13px;color:var(--text-3);margin:10px 0 0;max-width:68ch}
.up{display:grid;grid-template-columns:auto minmax(0,1fr);gap:4px 12px;border:1px solid var(--border);border-radius:var(--radius-3);background:var(--surface-panel);padding:16px 24px;margin:12px 0}.up p{grid-column:2;font-size:15px}.up .i{margin-top:4px}.up b{font-weight:var(--weight-strong)}
.past{margin:12px 0;border-top:1px solid var(--border)}.past li{display:grid;grid-template-columns:120px minmax(0,1fr) auto;gap:16px;padding:12px 0;border-bottom:1px solid var(--border-hair);font-size:15px;align-items:baseline}.past time,.past .dur{font-size:14px;color:var(--text-3)}.past .st{font-size:13px}.past p{font-size:14px;color:var(--text-2)}.past .r{text-align:right}.past .dur{display:block}
.facts{display:grid;grid-template-columns:auto minmax(0,1fr);gap:4px 20px;font-size:15px;margin:12px 0}.facts dt{color:var(--text-3)}
.ask{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:center;margin:12px 0}.ask label,.ask legend{font-size:15px;font-weight:var(--weight-strong)}.ask>label{flex-basis:100%}.in{height:44px;padding:0 12px;border:1px solid var(--border-control);border-radius:var(--radius-2);background:var(--surface-panel);color:var(--text-1);font:400 16px var(--font-sans);flex:1 1 260px;min-width:0;max-width:420px}button.btn{cursor:pointer}.ask fieldset{flex-basis:100%;border:0;margin:0;padding:0;min-width:0}.opt{display:flex;gap:10px;align-items:center;min-height:36px;font-size:15px;font-weight:400}.opt input{width:18px;height:18px;flex:none;margin:0}.btn.pri{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
.subs{display:flex;flex-wrap:wrap;gap:4px 20px;font-size:15px;margin:8px 0 40px}.subs a{display:inline-block;padding:4px 0;min-width:24px}
footer{border-top:1px solid var(--border);padding:20px 0 40px;margin-top:40px;font-size:13px;color:var(--text-3)}footer .w{display:flex;gap:8px 20px;flex-wrap:wrap;justify-content:space-between}
@media(max-width:640px){.w{padding:0 16px}.hero{margin:16px 0;padding:18px 16px;grid-template-columns:28px minmax(0,1fr);gap:6px 12px}.hero .i{width:28px;height:28px}.hero h1,.page{font-size:1.25rem}.hero p{grid-column:1/-1}.inc{padding:16px}.inc li{grid-template-columns:minmax(0,1fr);gap:2px}.inc time span{display:inline}.inc time span::before{content:', '}.comp{margin-left:-16px;margin-right:-16px;border-left:0;border-right:0;border-radius:0}.comp>li{padding:12px 15px}.comp .bars{gap:1px}.ch small{display:block;margin:0}.up{padding:14px 16px}.past li{grid-template-columns:minmax(0,1fr) auto;gap:0 12px}.past time{grid-column:1/-1}header .btn{padding:0 12px}}
@media(min-width:389px) and (max-width:640px){.comp .bars{grid-template-columns:repeat(90,3px)}}
`

/** The declarations of the design's tokens, in the order they stand. */
const readTokens = (): Map<string, string> => {
  const css = readFileSync(TOKENS, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const root = css.slice(css.indexOf(':root'), css.indexOf('\n}\n'))
  const found = root.matchAll(/(--[\w-]+):\s*([^;]+);/g)
  return new Map([...found].map(([, name, value]) => [name!, value!.replace(/\s+/g, ' ').trim()]))
}

const usedIn = (css: string) => [...css.matchAll(/var\((--[\w-]+)\)/g)].map(([, name]) => name!)

let made: string | undefined

/** The pages' whole style, with those of the design's tokens that it uses. @throws Error where a token is not there */
export const pageStyle = (): string => {
  if (made !== undefined) return made
  const tokens = readTokens()
  const used = new Set<string>()
  const take = (css: string) => {
    for (const name of usedIn(css)) {
      const value = tokens.get(name)
      if (value === undefined) throw new Error(`the design has no token ${name}`)
      if (used.has(name)) continue
      used.add(name)
      take(value)
    }
  }
  take(RULES)
  const declared = [...used].map((name) => `${name}:${tokens.get(name)}`).join(';')
  made = `:root{color-scheme:light dark;${declared}}${RULES.replaceAll('\n', '')}`
  return made
}
