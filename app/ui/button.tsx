import { Icon, type IconName } from './symbol.tsx'

export type ButtonLook = {
  variant?: 'default' | 'primary' | 'danger' | 'ghost' | undefined
  size?: 'sm' | 'md' | 'lg' | undefined
  icon?: IconName | undefined
  wide?: boolean | undefined
}

type Native = React.ComponentPropsWithRef<'button'>

/** The classes of a button, for a link that looks like one. */
export function buttonClass({ variant = 'default', size = 'md', wide = false }: ButtonLook, extra = ''): string {
  return ['btn', variant === 'default' ? '' : variant, size === 'md' ? '' : size, wide ? 'wide' : '', extra]
    .filter(Boolean)
    .join(' ')
}

/**
 * A button; with `href` a link that looks like one. `busy` keeps its width and stops a second press.
 * Say verb and object: "Suspend worker-eu", never "OK".
 */
export function Button({
  variant,
  size,
  icon,
  wide,
  busy = false,
  href,
  className,
  children,
  onClick,
  ...rest
}: ButtonLook & Native & { busy?: boolean; href?: string }) {
  const look = buttonClass({ variant, size, wide }, className)
  const drawn = busy ? <Icon name="wait" className="spin" /> : icon && <Icon name={icon} />
  if (href !== undefined) {
    return (
      <a href={href} className={look}>
        {drawn}
        {children}
      </a>
    )
  }
  const isOff = busy || rest['aria-disabled'] === true || rest['aria-disabled'] === 'true'
  return (
    <button
      type="button"
      {...rest}
      className={look}
      aria-busy={busy || undefined}
      // Only where there is something to stop: a server page may not hand a function to a native button.
      {...(isOff
        ? { onClick: busy || onClick ? (event: React.MouseEvent) => event.preventDefault() : undefined }
        : { onClick })}
    >
      {drawn}
      {children}
    </button>
  )
}

/** A button of one icon. Its label is its name and its tooltip. */
export function IconButton({
  icon,
  label,
  variant = 'ghost',
  size,
  className,
  ...rest
}: Omit<ButtonLook, 'wide'> & Omit<Native, 'children'> & { icon: IconName; label: string }) {
  return (
    <button
      type="button"
      {...rest}
      className={buttonClass({ variant, size }, `only ${className ?? ''}`)}
      aria-label={label}
      data-tip={label}
    >
      <Icon name={icon} />
    </button>
  )
}
