export type Theme = 'system' | 'light' | 'dark'

const YEAR_S = 365 * 24 * 3600

/** Shows a theme now and keeps it in a cookie, which the server reads before the next first paint. */
export function chooseTheme(theme: Theme): void {
  const root = document.documentElement
  if (theme === 'system') {
    delete root.dataset['theme']
    document.cookie = 'theme=; path=/; max-age=0; samesite=lax'
  } else {
    root.dataset['theme'] = theme
    document.cookie = `theme=${theme}; path=/; max-age=${YEAR_S}; samesite=lax`
  }
}
