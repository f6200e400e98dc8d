const SETTING = 'wharf.keys'

/** Single-letter keys may be off (WCAG 2.1.4); Ctrl K always works. Kept on this device. */
export function keysAreOn(): boolean {
  try {
    return localStorage.getItem(SETTING) !== 'off'
  } catch {
    return true
  }
}

/** Turns the single-letter keys on or off on this device. */
export function setKeys(on: boolean): void {
  try {
    localStorage.setItem(SETTING, on ? 'on' : 'off')
  } catch {
    // A browser that keeps nothing: the keys stay on.
  }
}

/** True where letters are text: inputs, lists of options, and anything editable. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.closest('input:not([type=checkbox]):not([type=radio]),textarea,select') !== null)
