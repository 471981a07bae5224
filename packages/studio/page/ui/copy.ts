import { notify } from './notices.tsx';

/** Copies text; where the browser gives no clipboard (a page over plain http on another host), it says so. */
export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify(`Copied ${what}.`);
  } catch {
    notify('The browser does not allow copying here. Select the text and copy it with the keyboard.');
  }
}
