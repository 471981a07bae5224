import 'uplot/dist/uPlot.min.css';
import './styles/theme.css';
import './styles/controls.css';
import './styles/shell.css';
import './styles/list.css';
import './styles/values.css';
import './styles/overview.css';
import './styles/keys.css';
import './styles/columns.css';
import './styles/vectors.css';
import './styles/text.css';
import { render } from 'preact';
import { listenToKeys } from './lib/keyboard.ts';
import { App } from './shell/app.tsx';

// The token has done its work: the cookie has it now. It stays out of bookmarks and of what a person copies.
const here = new URL(location.href);
if (here.searchParams.has('token')) {
  here.searchParams.delete('token');
  history.replaceState(null, '', here);
}
listenToKeys();
const root = document.getElementById('app');
if (root) render(<App />, root);
