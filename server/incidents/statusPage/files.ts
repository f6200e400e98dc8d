import { apiFiles } from './api.ts'
import { badge } from './badge.ts'
import { atomFeed, rssFeed } from './feeds.ts'
import { homePage } from './homePage.ts'
import { componentPage, historyPage, incidentPage } from './morePages.ts'
import type { StatusRecord } from './record.ts'
import { WORDS, type Words } from './words.ts'

/** How many incidents have a page of their own at a time, the newest. */
const INCIDENT_PAGES = 300

/** The whole status page: each file's text by its path below the page's folder. */
export const statusFiles = (record: StatusRecord, words: Words = WORDS.en): Map<string, string> => {
  const files = new Map<string, string>()
  files.set('index.html', homePage(words, record))
  files.set('history.html', historyPage(words, record))
  for (const incident of record.incidents.slice(0, INCIDENT_PAGES))
    files.set(`i/${incident.incident}.html`, incidentPage(words, record, incident))
  for (const component of record.components)
    files.set(`components/${component.key}.html`, componentPage(words, record, component))
  files.set('history.atom', atomFeed(words, record))
  files.set('history.rss', rssFeed(words, record))
  files.set('badge.svg', badge(words, record))
  for (const [path, body] of Object.entries(apiFiles(record))) files.set(`api/v2/${path}`, JSON.stringify(body))
  files.set('summary.json', files.get('api/v2/summary.json')!)
  return files
}
