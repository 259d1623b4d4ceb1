@echo off
rem ほっかいどう社会資源マップを開きます。インターネットは使いません。
setlocal
pushd "%~dp0"
if errorlevel 1 goto nofolder
set PYTHONUTF8=1
set PIP_DISABLE_PIP_VERSION_CHECK=1
if exist ".venv\ready" goto serve
set "PY=py -3.11"
%PY% --version >nul 2>&1
if not errorlevel 1 goto make
set "PY=python"
%PY% -c "import sys; sys.exit(sys.version_info[:2] != (3, 11))" >nul 2>&1
if errorlevel 1 goto nopython
:make
echo はじめての起動です。用意に数分かかります。この窓を閉じないでください。
%PY% -m venv --clear ".venv"
if errorlevel 1 goto failed
".venv\Scripts\python.exe" -m pip install --quiet --no-index --no-deps --require-hashes --find-links "wheels" -r "requirements.lock"
if errorlevel 1 goto failed
echo ok> ".venv\ready"
:serve
echo ブラウザーで http://localhost:8501 が開きます。終えるときは、この窓を閉じてください。
".venv\Scripts\python.exe" -m streamlit run app.py --server.headless false --server.showEmailPrompt false
if errorlevel 1 goto failed
goto end
:nopython
echo Python 3.11 (64ビット) が見つかりません。「はじめに.txt」の 1 をご覧ください。
goto stop
:nofolder
echo このフォルダーを開けません。C:\ の下に写してから、もう一度開いてください。
goto stop
:failed
echo 途中で止まりました。上の文を、この道具を渡した人に伝えてください。
:stop
pause
:end
popd
endlocal
