<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_TW" sourcelanguage="en">
<context>
    <name>ActionTree</name>
    <message>
        <source>Action</source>
        <translation>功能</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>按鍵</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>適用範圍</translation>
    </message>
    <message>
        <source>Actions</source>
        <translation>功能</translation>
    </message>
</context>
<context>
    <name>Actions</name>
    <message>
        <source>File</source>
        <translation>檔案</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>編輯</translation>
    </message>
    <message>
        <source>View</source>
        <translation>檢視</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>造型</translation>
    </message>
    <message>
        <source>Render</source>
        <translation>算圖</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>說明</translation>
    </message>
    <message>
        <source>Everywhere</source>
        <translation>任何地方</translation>
    </message>
    <message>
        <source>Picture and timeline</source>
        <translation>畫面與時間軸</translation>
    </message>
    <message>
        <source>New Look</source>
        <translation>新增造型</translation>
    </message>
    <message>
        <source>Begin an empty look</source>
        <translation>建立空白的造型</translation>
    </message>
    <message>
        <source>Open...</source>
        <translation>開啟...</translation>
    </message>
    <message>
        <source>Open a look, a picture or a motion</source>
        <translation>開啟造型、圖片或動作</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>儲存</translation>
    </message>
    <message>
        <source>Save the look</source>
        <translation>儲存造型</translation>
    </message>
    <message>
        <source>Save As...</source>
        <translation>另存新檔...</translation>
    </message>
    <message>
        <source>Save the look in another file</source>
        <translation>將造型存成另一個檔案</translation>
    </message>
    <message>
        <source>Person...</source>
        <translation>人物...</translation>
    </message>
    <message>
        <source>Choose a person&apos;s photo</source>
        <translation>選擇人物照片</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>匯入</translation>
    </message>
    <message>
        <source>Garment...</source>
        <translation>服裝...</translation>
    </message>
    <message>
        <source>Add a garment&apos;s picture</source>
        <translation>加入服裝圖片</translation>
    </message>
    <message>
        <source>Motion...</source>
        <translation>動作...</translation>
    </message>
    <message>
        <source>Choose a motion or a video</source>
        <translation>選擇動作或影片</translation>
    </message>
    <message>
        <source>Samples...</source>
        <translation>範例...</translation>
    </message>
    <message>
        <source>Choose from the built-in samples</source>
        <translation>從內建範例中選擇</translation>
    </message>
    <message>
        <source>Export...</source>
        <translation>匯出...</translation>
    </message>
    <message>
        <source>Write the clip, a still or the frames to a file</source>
        <translation>將影片片段、靜態圖或影格輸出成檔案</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>結束</translation>
    </message>
    <message>
        <source>Close the studio</source>
        <translation>關閉工作室</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>復原</translation>
    </message>
    <message>
        <source>Take back the last change</source>
        <translation>復原上一個變更</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Make the change again</source>
        <translation>再次套用變更</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>貼上</translation>
    </message>
    <message>
        <source>Use the picture or file that was copied</source>
        <translation>使用已複製的圖片或檔案</translation>
    </message>
    <message>
        <source>Copy Picture</source>
        <translation>複製畫面</translation>
    </message>
    <message>
        <source>Copy the picture as shown</source>
        <translation>依目前顯示複製畫面</translation>
    </message>
    <message>
        <source>Keyboard Shortcuts...</source>
        <translation>鍵盤快速鍵...</translation>
    </message>
    <message>
        <source>See and change every shortcut</source>
        <translation>查看並變更所有快速鍵</translation>
    </message>
    <message>
        <source>Preferences...</source>
        <translation>偏好設定...</translation>
    </message>
    <message>
        <source>Theme, language and device</source>
        <translation>主題、語言與運算裝置</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>符合視窗</translation>
    </message>
    <message>
        <source>See the whole picture</source>
        <translation>顯示整個畫面</translation>
    </message>
    <message>
        <source>Actual Size</source>
        <translation>實際大小</translation>
    </message>
    <message>
        <source>One pixel of the picture on one of the screen</source>
        <translation>圖片的一個像素對應螢幕的一個像素</translation>
    </message>
    <message>
        <source>Zoom In</source>
        <translation>放大</translation>
    </message>
    <message>
        <source>See the picture larger</source>
        <translation>放大畫面</translation>
    </message>
    <message>
        <source>Zoom Out</source>
        <translation>縮小</translation>
    </message>
    <message>
        <source>See the picture smaller</source>
        <translation>縮小畫面</translation>
    </message>
    <message>
        <source>Single</source>
        <translation>單一畫面</translation>
    </message>
    <message>
        <source>One picture</source>
        <translation>只顯示一個畫面</translation>
    </message>
    <message>
        <source>Side by Side</source>
        <translation>並排對照</translation>
    </message>
    <message>
        <source>The photo beside the result</source>
        <translation>照片與結果並排顯示</translation>
    </message>
    <message>
        <source>Wipe</source>
        <translation>滑動對照</translation>
    </message>
    <message>
        <source>A wipe between the photo and the result</source>
        <translation>以分隔線滑動對照照片與結果</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>結果</translation>
    </message>
    <message>
        <source>Show the dressed person</source>
        <translation>顯示換裝後的人物</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>圖層</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>原圖</translation>
    </message>
    <message>
        <source>Show the photo</source>
        <translation>顯示原始照片</translation>
    </message>
    <message>
        <source>Removed Mask</source>
        <translation>移除區遮罩</translation>
    </message>
    <message>
        <source>Show what is taken off</source>
        <translation>顯示要脫去的部分</translation>
    </message>
    <message>
        <source>Clothing Mask</source>
        <translation>服裝遮罩</translation>
    </message>
    <message>
        <source>Show where the garment is</source>
        <translation>顯示服裝所在的範圍</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>Show which spot of the garment goes where</source>
        <translation>顯示服裝各處對應到身體的哪個位置</translation>
    </message>
    <message>
        <source>Skeleton</source>
        <translation>骨架</translation>
    </message>
    <message>
        <source>Show the joints</source>
        <translation>顯示關節</translation>
    </message>
    <message>
        <source>Flow</source>
        <translation>光流</translation>
    </message>
    <message>
        <source>Show how the garment moves</source>
        <translation>顯示服裝如何移動</translation>
    </message>
    <message>
        <source>Look-book</source>
        <translation>造型集</translation>
    </message>
    <message>
        <source>Persons by garments, a look in each cell</source>
        <translation>人物與服裝的對照表，每一格是一個造型</translation>
    </message>
    <message>
        <source>Inputs</source>
        <translation>素材</translation>
    </message>
    <message>
        <source>Show person, garment and motion</source>
        <translation>顯示人物、服裝與動作</translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation>檢閱器</translation>
    </message>
    <message>
        <source>Show layers and look settings</source>
        <translation>顯示圖層與造型設定</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>時間軸</translation>
    </message>
    <message>
        <source>Show the timeline</source>
        <translation>顯示時間軸</translation>
    </message>
    <message>
        <source>Full Screen</source>
        <translation>全螢幕</translation>
    </message>
    <message>
        <source>Nothing but the studio</source>
        <translation>只顯示工作室</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自動</translation>
    </message>
    <message>
        <source>Find out what it is</source>
        <translation>自動判斷服裝類別</translation>
    </message>
    <message>
        <source>Category</source>
        <translation>類別</translation>
    </message>
    <message>
        <source>Top</source>
        <translation>上衣</translation>
    </message>
    <message>
        <source>The garment is a top</source>
        <translation>這件服裝是上衣</translation>
    </message>
    <message>
        <source>Skirt or Trousers</source>
        <translation>裙裝或褲裝</translation>
    </message>
    <message>
        <source>It is for the legs</source>
        <translation>這件服裝穿在下身</translation>
    </message>
    <message>
        <source>Dress</source>
        <translation>洋裝</translation>
    </message>
    <message>
        <source>The garment is a dress</source>
        <translation>這件服裝是洋裝</translation>
    </message>
    <message>
        <source>Turn Photo</source>
        <translation>旋轉照片</translation>
    </message>
    <message>
        <source>Turn the photo clockwise</source>
        <translation>將照片順時針旋轉</translation>
    </message>
    <message>
        <source>Remove Garment</source>
        <translation>移除服裝</translation>
    </message>
    <message>
        <source>Take the garment out of the look</source>
        <translation>將服裝從造型中移除</translation>
    </message>
    <message>
        <source>Paint Clothing Mask</source>
        <translation>繪製服裝遮罩</translation>
    </message>
    <message>
        <source>Paint where the garment is, from this frame on</source>
        <translation>從這個影格起，繪製服裝所在的範圍</translation>
    </message>
    <message>
        <source>Mend</source>
        <translation>修補</translation>
    </message>
    <message>
        <source>Paint Removed Mask</source>
        <translation>繪製移除區遮罩</translation>
    </message>
    <message>
        <source>Paint what is taken off</source>
        <translation>繪製要脫去的部分</translation>
    </message>
    <message>
        <source>Paint Cut-out</source>
        <translation>繪製去背範圍</translation>
    </message>
    <message>
        <source>Cut the garment out</source>
        <translation>為服裝去背</translation>
    </message>
    <message>
        <source>Move Joints</source>
        <translation>移動關節</translation>
    </message>
    <message>
        <source>Drag or hide joints</source>
        <translation>拖曳或隱藏關節</translation>
    </message>
    <message>
        <source>Brush or Eraser</source>
        <translation>筆刷或橡皮擦</translation>
    </message>
    <message>
        <source>From brush to eraser and back</source>
        <translation>在筆刷與橡皮擦之間切換</translation>
    </message>
    <message>
        <source>Smaller Brush</source>
        <translation>縮小筆刷</translation>
    </message>
    <message>
        <source>Paint finer</source>
        <translation>畫得更細</translation>
    </message>
    <message>
        <source>Larger Brush</source>
        <translation>放大筆刷</translation>
    </message>
    <message>
        <source>Paint broader</source>
        <translation>畫得更粗</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Leave painting; nothing is lost</source>
        <translation>結束繪製，已畫的內容都會保留</translation>
    </message>
    <message>
        <source>Reset This Frame</source>
        <translation>重設此影格</translation>
    </message>
    <message>
        <source>Take back what was mended here</source>
        <translation>取消此影格上的修補</translation>
    </message>
    <message>
        <source>Reset All Edits</source>
        <translation>重設所有修補</translation>
    </message>
    <message>
        <source>Take back all that was mended</source>
        <translation>取消所有修補</translation>
    </message>
    <message>
        <source>Render the clip</source>
        <translation>為影片片段算圖</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Stop; the frames that came stay</source>
        <translation>停止；已完成的影格會保留</translation>
    </message>
    <message>
        <source>Render This Frame</source>
        <translation>算圖此影格</translation>
    </message>
    <message>
        <source>Render the frame that is shown</source>
        <translation>為目前顯示的影格算圖</translation>
    </message>
    <message>
        <source>Draft</source>
        <translation>草稿</translation>
    </message>
    <message>
        <source>Quick, to see the movement</source>
        <translation>快速算圖，用來查看動態</translation>
    </message>
    <message>
        <source>Final</source>
        <translation>最終</translation>
    </message>
    <message>
        <source>As good as it gets</source>
        <translation>最佳品質</translation>
    </message>
    <message>
        <source>Queue Look</source>
        <translation>將造型加入佇列</translation>
    </message>
    <message>
        <source>Render this look when the others are done</source>
        <translation>等其他造型完成後，再為這個造型算圖</translation>
    </message>
    <message>
        <source>Play or Pause</source>
        <translation>播放或暫停</translation>
    </message>
    <message>
        <source>Play the clip, or stop it</source>
        <translation>播放或停止影片片段</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>播放</translation>
    </message>
    <message>
        <source>Backwards</source>
        <translation>反向播放</translation>
    </message>
    <message>
        <source>Play backwards; again: faster</source>
        <translation>反向播放；再按一次會加快</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Stop at this frame</source>
        <translation>停在這個影格</translation>
    </message>
    <message>
        <source>Forwards</source>
        <translation>正向播放</translation>
    </message>
    <message>
        <source>Play forwards; again: faster</source>
        <translation>正向播放；再按一次會加快</translation>
    </message>
    <message>
        <source>One Frame Back</source>
        <translation>後退一格</translation>
    </message>
    <message>
        <source>Go one frame back</source>
        <translation>後退一個影格</translation>
    </message>
    <message>
        <source>One Frame On</source>
        <translation>前進一格</translation>
    </message>
    <message>
        <source>Go one frame on</source>
        <translation>前進一個影格</translation>
    </message>
    <message>
        <source>Ten Frames Back</source>
        <translation>後退十格</translation>
    </message>
    <message>
        <source>Go ten frames back</source>
        <translation>後退十個影格</translation>
    </message>
    <message>
        <source>Ten Frames On</source>
        <translation>前進十格</translation>
    </message>
    <message>
        <source>Go ten frames on</source>
        <translation>前進十個影格</translation>
    </message>
    <message>
        <source>First Frame</source>
        <translation>第一格</translation>
    </message>
    <message>
        <source>Go to the in point, or the start</source>
        <translation>前往入點，或片段開頭</translation>
    </message>
    <message>
        <source>Last Frame</source>
        <translation>最後一格</translation>
    </message>
    <message>
        <source>Go to the out point, or the end</source>
        <translation>前往出點，或片段結尾</translation>
    </message>
    <message>
        <source>In Point Here</source>
        <translation>在此設定入點</translation>
    </message>
    <message>
        <source>Play and export from this frame</source>
        <translation>從這個影格開始播放與匯出</translation>
    </message>
    <message>
        <source>Out Point Here</source>
        <translation>在此設定出點</translation>
    </message>
    <message>
        <source>Play and export up to this frame</source>
        <translation>播放與匯出到這個影格為止</translation>
    </message>
    <message>
        <source>In Point Earlier</source>
        <translation>入點提前</translation>
    </message>
    <message>
        <source>Begin a frame earlier</source>
        <translation>提前一個影格開始</translation>
    </message>
    <message>
        <source>In Point Later</source>
        <translation>入點延後</translation>
    </message>
    <message>
        <source>Begin a frame later</source>
        <translation>延後一個影格開始</translation>
    </message>
    <message>
        <source>Out Point Earlier</source>
        <translation>出點提前</translation>
    </message>
    <message>
        <source>End a frame earlier</source>
        <translation>提前一個影格結束</translation>
    </message>
    <message>
        <source>Out Point Later</source>
        <translation>出點延後</translation>
    </message>
    <message>
        <source>End a frame later</source>
        <translation>延後一個影格結束</translation>
    </message>
    <message>
        <source>Whole Clip</source>
        <translation>整個片段</translation>
    </message>
    <message>
        <source>Give up in and out points</source>
        <translation>清除入點與出點</translation>
    </message>
    <message>
        <source>Loop</source>
        <translation>循環播放</translation>
    </message>
    <message>
        <source>Play again and again</source>
        <translation>反覆播放</translation>
    </message>
    <message>
        <source>Widen Timeline</source>
        <translation>放大時間軸</translation>
    </message>
    <message>
        <source>See fewer frames, wider</source>
        <translation>顯示較少、較寬的影格</translation>
    </message>
    <message>
        <source>Narrow Timeline</source>
        <translation>縮小時間軸</translation>
    </message>
    <message>
        <source>See more frames</source>
        <translation>顯示更多影格</translation>
    </message>
    <message>
        <source>Keys and Actions</source>
        <translation>按鍵與功能</translation>
    </message>
    <message>
        <source>Everything that can be done, by key</source>
        <translation>依按鍵列出所有功能</translation>
    </message>
    <message>
        <source>Show Log File</source>
        <translation>顯示記錄檔</translation>
    </message>
    <message>
        <source>Open the folder of the log file</source>
        <translation>開啟記錄檔所在的資料夾</translation>
    </message>
    <message>
        <source>About FashionMirror</source>
        <translation>關於 FashionMirror</translation>
    </message>
    <message>
        <source>Version, weights and licences</source>
        <translation>版本、權重與授權</translation>
    </message>
    <message>
        <source>Open Recent</source>
        <translation>開啟最近的檔案</translation>
    </message>
    <message>
        <source>Turn Photo Back</source>
        <translation>反向旋轉照片</translation>
    </message>
    <message>
        <source>Turn the photo the other way</source>
        <translation>將照片逆時針旋轉</translation>
    </message>
    <message>
        <source>Move Landmarks</source>
        <translation>移動特徵點</translation>
    </message>
    <message>
        <source>Show what is seen of the garment; drag it</source>
        <translation>顯示服裝各部位的辨識結果，可拖曳修正</translation>
    </message>
    <message>
        <source>Turn Left</source>
        <translation>向左轉</translation>
    </message>
    <message>
        <source>Turn the dressed person to the left</source>
        <translation>將試穿的人物向左轉</translation>
    </message>
    <message>
        <source>Turn Right</source>
        <translation>向右轉</translation>
    </message>
    <message>
        <source>Turn the dressed person to the right</source>
        <translation>將試穿的人物向右轉</translation>
    </message>
    <message>
        <source>Face Front</source>
        <translation>面向正面</translation>
    </message>
    <message>
        <source>Turn the dressed person back to the front</source>
        <translation>將試穿的人物轉回正面</translation>
    </message>
</context>
<context>
    <name>Autosave</name>
    <message>
        <source>The folder {folder} isn&apos;t writable; check its permissions.</source>
        <translation>無法寫入資料夾 {folder}，請檢查其權限。</translation>
    </message>
</context>
<context>
    <name>BackPicture</name>
    <message>
        <source>Picture…</source>
        <translation>圖片…</translation>
    </message>
    <message>
        <source>Drop a picture of its back, or choose one; else the back is made from the front</source>
        <translation>拖放或選擇一張背面圖片；沒有時背面由正面製作</translation>
    </message>
    <message>
        <source>Choose a picture of the back</source>
        <translation>選擇背面圖片</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>背面</translation>
    </message>
    <message>
        <source>Remove the back&apos;s picture</source>
        <translation>移除背面圖片</translation>
    </message>
    <message>
        <source>Without it the back is made from the front</source>
        <translation>沒有時背面由正面製作</translation>
    </message>
</context>
<context>
    <name>Banner</name>
    <message>
        <source>Message</source>
        <translation>訊息</translation>
    </message>
    <message>
        <source>Close the message</source>
        <translation>關閉訊息</translation>
    </message>
</context>
<context>
    <name>Category</name>
    <message>
        <source>Automatic</source>
        <translation>自動</translation>
    </message>
    <message>
        <source>Top</source>
        <translation>上衣</translation>
    </message>
    <message>
        <source>Skirt or trousers</source>
        <translation>裙裝或褲裝</translation>
    </message>
    <message>
        <source>Dress</source>
        <translation>洋裝</translation>
    </message>
    <message>
        <source>Trousers</source>
        <translation>褲裝</translation>
    </message>
    <message>
        <source>Skirt</source>
        <translation>裙裝</translation>
    </message>
</context>
<context>
    <name>Choosing</name>
    <message>
        <source>Looking for the people in the photo</source>
        <translation>正在尋找照片中的人物</translation>
    </message>
    <message>
        <source>Nobody was found in the photo; choose another one.</source>
        <translation>照片中找不到人物；請選擇另一張。</translation>
    </message>
    <message>
        <source>Click the person who is to be dressed.</source>
        <translation>請點選要試穿的人物。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Choose Person</source>
        <translation>選擇人物</translation>
    </message>
</context>
<context>
    <name>Collapsible</name>
    <message>
        <source>open</source>
        <translation>已展開</translation>
    </message>
    <message>
        <source>closed</source>
        <translation>已收合</translation>
    </message>
    <message>
        <source>{title}, {state}</source>
        <translation>{title}，{state}</translation>
    </message>
</context>
<context>
    <name>Collection</name>
    <message>
        <source>Look from the Look-book</source>
        <translation>造型集的造型</translation>
    </message>
    <message>
        <source>A look with a person, a garment and a motion can be queued.</source>
        <translation>造型要有人物、服裝與動作，才能加入佇列。</translation>
    </message>
    <message>
        <source>{0} is in the queue.</source>
        <translation>{0} 已加入佇列。</translation>
    </message>
    <message>
        <source>Show Queue</source>
        <translation>顯示佇列</translation>
    </message>
    <message>
        <source>1 clip is still in the queue.</source>
        <translation>佇列中還有 1 個影片片段。</translation>
    </message>
    <message>
        <source>{0} clips are still in the queue.</source>
        <translation>佇列中還有 {0} 個影片片段。</translation>
    </message>
    <message>
        <source>They aren&apos;t rendered when you close the studio.</source>
        <translation>關閉工作室後，就不會繼續算圖。</translation>
    </message>
    <message>
        <source>Close Anyway</source>
        <translation>仍要關閉</translation>
    </message>
    <message>
        <source>Keep Rendering</source>
        <translation>繼續算圖</translation>
    </message>
    <message>
        <source>Queue: {0} of {1} clips</source>
        <translation>佇列：{0}／{1} 個片段</translation>
    </message>
    <message>
        <source>Put where it belongs, by what it shows: {0}</source>
        <translation>已依圖片內容歸位：{0}</translation>
    </message>
    <message>
        <source>, </source>
        <translation>、</translation>
    </message>
</context>
<context>
    <name>Cut</name>
    <message>
        <source>Short sleeves</source>
        <translation>短袖</translation>
    </message>
    <message>
        <source>Long sleeves</source>
        <translation>長袖</translation>
    </message>
    <message>
        <source>Straps</source>
        <translation>吊帶</translation>
    </message>
    <message>
        <source>Strapless</source>
        <translation>無肩帶</translation>
    </message>
    <message>
        <source>Open in front</source>
        <translation>前開襟</translation>
    </message>
    <message>
        <source>A-line skirt</source>
        <translation>A 字裙</translation>
    </message>
    <message>
        <source>Pencil skirt</source>
        <translation>窄裙</translation>
    </message>
    <message>
        <source>Trousers</source>
        <translation>長褲</translation>
    </message>
    <message>
        <source>Shorts</source>
        <translation>短褲</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自動</translation>
    </message>
</context>
<context>
    <name>Document</name>
    <message>
        <source>Untitled</source>
        <translation>未命名</translation>
    </message>
</context>
<context>
    <name>Drops</name>
    <message>
        <source>Motion takes a video, a motion file or a motion from the gallery.</source>
        <translation>「動作」可接受影片、動作檔，或圖庫中的動作。</translation>
    </message>
    <message>
        <source>This is a motion; drop it on Motion.</source>
        <translation>這是動作，請拖放到「動作」。</translation>
    </message>
    <message>
        <source>This belongs to {well}; drop it there.</source>
        <translation>這屬於「{well}」，請拖放到那裡。</translation>
    </message>
    <message>
        <source>Drop a picture here: JPEG, PNG, WebP, TIFF, HEIC or AVIF.</source>
        <translation>請將圖片拖放到這裡：JPEG、PNG、WebP、TIFF、HEIC 或 AVIF。</translation>
    </message>
    <message>
        <source>Person</source>
        <translation>人物</translation>
    </message>
    <message>
        <source>Garment</source>
        <translation>服裝</translation>
    </message>
    <message>
        <source>Motion</source>
        <translation>動作</translation>
    </message>
    <message>
        <source>The picture can&apos;t be read; save it in the browser and drop the file.</source>
        <translation>無法讀取圖片，請在瀏覽器中另存圖片，再拖放檔案。</translation>
    </message>
    <message>
        <source>The picture is too large; save it smaller and drop the file.</source>
        <translation>圖片太大，請縮小儲存後再拖放檔案。</translation>
    </message>
    <message>
        <source>The picture can&apos;t be kept ({reason}); make room on the disk.</source>
        <translation>無法保存圖片（{reason}），請清出磁碟空間。</translation>
    </message>
    <message>
        <source>Pictures ({0});;All files (*)</source>
        <translation>圖片 ({0});;所有檔案 (*)</translation>
    </message>
    <message>
        <source>Videos and motions ({0});;All files (*)</source>
        <translation>影片與動作 ({0});;所有檔案 (*)</translation>
    </message>
    <message>
        <source>Only the picture&apos;s address came from {place}; save the picture and drop the file.</source>
        <translation>從 {place} 只收到圖片的網址，請儲存圖片後再拖放檔案。</translation>
    </message>
    <message>
        <source>the web</source>
        <translation>網路</translation>
    </message>
    <message>
        <source>{name} isn&apos;t there any more; choose the file again.</source>
        <translation>{name} 已不存在，請重新選擇檔案。</translation>
    </message>
    <message>
        <source>{name} is no picture, video, motion or project.</source>
        <translation>{name} 不是圖片、影片、動作或專案。</translation>
    </message>
    <message>
        <source>There is no picture, video or motion in this.</source>
        <translation>其中沒有圖片、影片或動作。</translation>
    </message>
    <message>
        <source>Left out, because it can&apos;t be used here: {names}</source>
        <translation>已略過，因為無法用在這裡：{names}</translation>
    </message>
    <message>
        <source>pasted {0}</source>
        <translation>貼上 {0}</translation>
    </message>
</context>
<context>
    <name>Editing</name>
    <message>
        <source>Masks and joints can be mended when a person wears a garment.</source>
        <translation>人物穿上服裝後，才能修補遮罩與關節。</translation>
    </message>
    <message>
        <source>This is mended on a frame; choose a motion first.</source>
        <translation>這要在影格上修補，請先選擇動作。</translation>
    </message>
    <message>
        <source>This frame is rendered, then it can be painted on.</source>
        <translation>正在為這個影格算圖，完成後即可繪製。</translation>
    </message>
    <message>
        <source>Finding the garment in its picture</source>
        <translation>正在圖片中尋找服裝</translation>
    </message>
    <message>
        <source>Paint Clothing Mask</source>
        <translation>繪製服裝遮罩</translation>
    </message>
    <message>
        <source>Paint Removed Mask</source>
        <translation>繪製移除區遮罩</translation>
    </message>
    <message>
        <source>Paint Cut-out</source>
        <translation>繪製去背範圍</translation>
    </message>
    <message>
        <source>Move Joint</source>
        <translation>移動關節</translation>
    </message>
    <message>
        <source>Hide Joint</source>
        <translation>隱藏關節</translation>
    </message>
    <message>
        <source>Reset This Frame</source>
        <translation>重設此影格</translation>
    </message>
    <message>
        <source>Reset All Edits</source>
        <translation>重設所有修補</translation>
    </message>
    <message>
        <source>Reset Mask</source>
        <translation>重設遮罩</translation>
    </message>
    <message>
        <source>Reset Cut-out</source>
        <translation>重設去背</translation>
    </message>
    <message>
        <source>There is no garment to mend yet.</source>
        <translation>還沒有可修正的服裝。</translation>
    </message>
    <message>
        <source>Reset Landmarks</source>
        <translation>重設特徵點</translation>
    </message>
</context>
<context>
    <name>EngineWorker</name>
    <message>
        <source>Rendering</source>
        <translation>算圖中</translation>
    </message>
    <message>
        <source>The export</source>
        <translation>輸出檔</translation>
    </message>
    <message>
        <source>There is no look to export; give a person and a garment.</source>
        <translation>沒有可匯出的造型，請加入人物與服裝。</translation>
    </message>
    <message>
        <source>There is no clip to export; give a person, a garment and a motion.</source>
        <translation>沒有可匯出的影片片段，請加入人物、服裝與動作。</translation>
    </message>
    <message>
        <source>Exporting</source>
        <translation>匯出中</translation>
    </message>
</context>
<context>
    <name>ErrorDialog</name>
    <message>
        <source>Something went wrong</source>
        <translation>發生問題</translation>
    </message>
    <message>
        <source>The log is in {file}</source>
        <translation>記錄檔位於 {file}</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>詳細資料</translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation>複製詳細資料</translation>
    </message>
    <message>
        <source>Open log folder</source>
        <translation>開啟記錄檔資料夾</translation>
    </message>
    <message numerus="yes">
        <source>%n more before it; their details are below.</source>
        <translation>
            <numerusform>在此之前還有 %n 個問題，詳細資料列於下方。</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ErrorReporter</name>
    <message>
        <source>This didn&apos;t work because of a fault in the program ({fault})</source>
        <translation>程式發生錯誤，未能完成（{fault}）</translation>
    </message>
    <message>
        <source>your look is kept; try again, or save it and start the program again</source>
        <translation>您的造型仍保留著；請再試一次，或先儲存，再重新啟動程式</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Export</source>
        <translation>匯出</translation>
    </message>
    <message>
        <source>What to export</source>
        <translation>匯出內容</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>尺寸</translation>
    </message>
    <message>
        <source>Frame rate</source>
        <translation>影格速率</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>品質</translation>
    </message>
    <message>
        <source>Background</source>
        <translation>背景</translation>
    </message>
    <message>
        <source>Part</source>
        <translation>範圍</translation>
    </message>
    <message>
        <source>Save as</source>
        <translation>儲存為</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>瀏覽…</translation>
    </message>
    <message>
        <source>Choose where to save</source>
        <translation>選擇儲存位置</translation>
    </message>
    <message>
        <source>Constant rate factor (CRF)</source>
        <translation>固定品質係數（CRF）</translation>
    </message>
    <message>
        <source>0 is the best and largest, 51 the worst and smallest</source>
        <translation>0 品質最佳、檔案最大，51 品質最差、檔案最小</translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation>進階</translation>
    </message>
    <message>
        <source>Clip (MP4)</source>
        <translation>影片片段（MP4）</translation>
    </message>
    <message>
        <source>Clip that can be transparent (WebM)</source>
        <translation>可透明的影片片段（WebM）</translation>
    </message>
    <message>
        <source>Animated picture (GIF)</source>
        <translation>動態圖片（GIF）</translation>
    </message>
    <message>
        <source>Frames (PNG files)</source>
        <translation>影格（PNG 檔）</translation>
    </message>
    <message>
        <source>Masks (PNG files)</source>
        <translation>遮罩（PNG 檔）</translation>
    </message>
    <message>
        <source>Still (PNG)</source>
        <translation>靜態圖（PNG）</translation>
    </message>
    <message>
        <source>Contact sheet (PNG)</source>
        <translation>縮圖目錄（PNG）</translation>
    </message>
    <message>
        <source>Photo&apos;s size</source>
        <translation>照片尺寸</translation>
    </message>
    <message>
        <source>Half</source>
        <translation>一半</translation>
    </message>
    <message>
        <source>Quarter</source>
        <translation>四分之一</translation>
    </message>
    <message>
        <source>Double</source>
        <translation>兩倍</translation>
    </message>
    <message>
        <source>The clip&apos;s ({fps} a second)</source>
        <translation>依影片片段（每秒 {fps} 格）</translation>
    </message>
    <message>
        <source>{fps} a second</source>
        <translation>每秒 {fps} 格</translation>
    </message>
    <message>
        <source>Best</source>
        <translation>最佳</translation>
    </message>
    <message>
        <source>High</source>
        <translation>高</translation>
    </message>
    <message>
        <source>Good</source>
        <translation>良好</translation>
    </message>
    <message>
        <source>Small file</source>
        <translation>小檔案</translation>
    </message>
    <message>
        <source>The look&apos;s</source>
        <translation>依造型設定</translation>
    </message>
    <message>
        <source>As in the photo</source>
        <translation>與照片相同</translation>
    </message>
    <message>
        <source>White</source>
        <translation>白色</translation>
    </message>
    <message>
        <source>Transparent</source>
        <translation>透明</translation>
    </message>
    <message>
        <source>Whole clip</source>
        <translation>整個影片片段</translation>
    </message>
    <message>
        <source>In to out (frames {a} to {b})</source>
        <translation>入點到出點（第 {a} 到 {b} 格）</translation>
    </message>
    <message>
        <source>Say where to save it.</source>
        <translation>請指定儲存位置。</translation>
    </message>
    <message>
        <source>Choose a folder for it with Browse.</source>
        <translation>請按「瀏覽」選擇資料夾。</translation>
    </message>
    <message>
        <source>The folder {folder} doesn&apos;t exist; choose another one.</source>
        <translation>資料夾 {folder} 不存在，請選擇其他資料夾。</translation>
    </message>
    <message>
        <source>The photo&apos;s own pose</source>
        <translation>照片原本的姿勢</translation>
    </message>
    <message>
        <source>Frame {frame}</source>
        <translation>第 {frame} 格</translation>
    </message>
    <message>
        <source>Own</source>
        <translation>自訂</translation>
    </message>
    <message>
        <source>About {size}.</source>
        <translation>約 {size}。</translation>
    </message>
    <message>
        <source>{name} will be replaced.</source>
        <translation>{name} 將被取代。</translation>
    </message>
    <message>
        <source>Frames that are missing are rendered first, as Final.</source>
        <translation>缺少的影格會先以「最終」品質算圖。</translation>
    </message>
    <message>
        <source>{name} belongs to this look; choose another name.</source>
        <translation>{name} 屬於這個造型；請換一個名稱。</translation>
    </message>
    <message>
        <source>The folder {folder} holds other files; choose an empty or a new one.</source>
        <translation>資料夾 {folder} 內有其他檔案；請選擇空的或新的資料夾。</translation>
    </message>
    <message>
        <source>Replace {name}?</source>
        <translation>要取代 {name} 嗎？</translation>
    </message>
    <message>
        <source>It is there already; what an earlier export wrote is lost.</source>
        <translation>它已經存在；先前輸出的內容將會遺失。</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>取代</translation>
    </message>
</context>
<context>
    <name>Exporting</name>
    <message>
        <source>{0} is ready.</source>
        <translation>{0} 已完成。</translation>
    </message>
    <message>
        <source>Show in Folder</source>
        <translation>在資料夾中顯示</translation>
    </message>
</context>
<context>
    <name>Exports</name>
    <message>
        <source>A size of {0} times the photo&apos;s is not possible; choose 0.25 to 2.</source>
        <translation>無法使用照片尺寸的 {0} 倍，請選擇 0.25 到 2 倍。</translation>
    </message>
    <message>
        <source>There is no frame from {0} to {1}; move the in and out points.</source>
        <translation>第 {0} 到 {1} 格之間沒有影格，請移動入點與出點。</translation>
    </message>
    <message>
        <source>A clip can&apos;t have {0} frames a second; choose 1 to 240.</source>
        <translation>影片片段不能是每秒 {0} 格，請選擇 1 到 240。</translation>
    </message>
</context>
<context>
    <name>Fabric</name>
    <message>
        <source>Automatic</source>
        <translation>自動</translation>
    </message>
    <message>
        <source>Cotton</source>
        <translation>棉</translation>
    </message>
    <message>
        <source>Silk</source>
        <translation>絲</translation>
    </message>
    <message>
        <source>Denim</source>
        <translation>丹寧</translation>
    </message>
    <message>
        <source>Knit</source>
        <translation>針織</translation>
    </message>
    <message>
        <source>Leather</source>
        <translation>皮革</translation>
    </message>
    <message>
        <source>Tulle</source>
        <translation>薄紗</translation>
    </message>
</context>
<context>
    <name>Fit</name>
    <message>
        <source>Slim</source>
        <translation>合身</translation>
    </message>
    <message>
        <source>As in the picture</source>
        <translation>如圖片所示</translation>
    </message>
    <message>
        <source>Loose</source>
        <translation>寬鬆</translation>
    </message>
    <message>
        <source>Oversize</source>
        <translation>超大版</translation>
    </message>
</context>
<context>
    <name>Gallery</name>
    <message>
        <source>Gallery</source>
        <translation>圖庫</translation>
    </message>
    <message>
        <source>Built-in sample</source>
        <translation>內建範例</translation>
    </message>
    <message>
        <source>Built-in video</source>
        <translation>內建影片</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>最近使用</translation>
    </message>
</context>
<context>
    <name>GarmentColumn</name>
    <message>
        <source>{category}?</source>
        <translation>{category}？</translation>
    </message>
    <message>
        <source>Category: {category}</source>
        <translation>類別：{category}</translation>
    </message>
</context>
<context>
    <name>GarmentControls</name>
    <message>
        <source>Category</source>
        <translation>類別</translation>
    </message>
    <message>
        <source>Sleeve length</source>
        <translation>袖長</translation>
    </message>
    <message>
        <source>Hem length</source>
        <translation>下襬長度</translation>
    </message>
    <message>
        <source>Sleeve</source>
        <translation>袖長</translation>
    </message>
    <message>
        <source>Hem</source>
        <translation>下襬</translation>
    </message>
    <message>
        <source>Automatic ({category})</source>
        <translation>自動（{category}）</translation>
    </message>
    <message>
        <source>Garment in the picture</source>
        <translation>圖片中的服裝</translation>
    </message>
    <message>
        <source>Sleeves</source>
        <translation>袖子</translation>
    </message>
    <message>
        <source>Landmarks…</source>
        <translation>特徵點…</translation>
    </message>
    <message>
        <source>See where the garment&apos;s parts are, and move what is wrong</source>
        <translation>查看服裝各部位的位置，並修正錯誤</translation>
    </message>
    <message>
        <source>Picked</source>
        <translation>選用</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>第 {0} 件，共 {1} 件</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自動</translation>
    </message>
    <message>
        <source>None</source>
        <translation>無袖</translation>
    </message>
    <message>
        <source>Short</source>
        <translation>短袖</translation>
    </message>
    <message>
        <source>Long</source>
        <translation>長袖</translation>
    </message>
    <message>
        <source>Cut</source>
        <translation>版型</translation>
    </message>
    <message>
        <source>Fabric</source>
        <translation>布料</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>鬆緊</translation>
    </message>
    <message>
        <source>Tucked in or not</source>
        <translation>是否紮入</translation>
    </message>
    <message>
        <source>Worn</source>
        <translation>穿法</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>背面</translation>
    </message>
    <message>
        <source>Tucked in</source>
        <translation>紮入</translation>
    </message>
    <message>
        <source>Over it</source>
        <translation>放在外面</translation>
    </message>
</context>
<context>
    <name>GarmentDock</name>
    <message>
        <source>Garment</source>
        <translation>服裝</translation>
    </message>
    <message>
        <source>Point at the garment to see where on the body it is worn</source>
        <translation>將指標移到服裝上，查看它穿在身體的哪個位置</translation>
    </message>
</context>
<context>
    <name>GarmentWell</name>
    <message>
        <source>Add another garment, such as a skirt to a top</source>
        <translation>再加一件服裝，例如為上衣搭配裙子</translation>
    </message>
    <message>
        <source>Drop a garment&apos;s picture here</source>
        <translation>將服裝圖片拖放到這裡</translation>
    </message>
</context>
<context>
    <name>GridModel</name>
    <message>
        <source>{person} in {garment}: {state}</source>
        <translation>{person} 穿 {garment}：{state}</translation>
    </message>
    <message>
        <source>Can&apos;t be dressed</source>
        <translation>無法換裝</translation>
    </message>
    <message>
        <source>Dressing</source>
        <translation>換裝中</translation>
    </message>
    <message>
        <source>Still</source>
        <translation>靜態圖</translation>
    </message>
    <message>
        <source>Rendering</source>
        <translation>算圖中</translation>
    </message>
    <message>
        <source>Rendering {percent} %</source>
        <translation>算圖中 {percent} %</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>等候中</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失敗</translation>
    </message>
    <message>
        <source>{n} clips</source>
        <translation>{n} 個片段</translation>
    </message>
    <message>
        <source>Clip</source>
        <translation>影片片段</translation>
    </message>
    <message>
        <source>{done} of {n} clips</source>
        <translation>{done}／{n} 個片段</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>已取消</translation>
    </message>
</context>
<context>
    <name>HelpSheet</name>
    <message>
        <source>Keys and Actions</source>
        <translation>按鍵與功能</translation>
    </message>
</context>
<context>
    <name>Inputs</name>
    <message>
        <source>Remove Garment</source>
        <translation>移除服裝</translation>
    </message>
    <message>
        <source>Remove {0}</source>
        <translation>移除{0}</translation>
    </message>
    <message>
        <source>Turn Photo</source>
        <translation>旋轉照片</translation>
    </message>
    <message>
        <source>Category</source>
        <translation>類別</translation>
    </message>
    <message>
        <source>Restore Look</source>
        <translation>還原造型</translation>
    </message>
    <message>
        <source>This is the look that {0} was made of. What was painted by hand isn&apos;t kept in a clip.</source>
        <translation>這是製作 {0} 時的造型。手繪的內容不會存在影片片段中。</translation>
    </message>
    <message>
        <source>{0} can&apos;t be used; drop a picture, a video or a project.</source>
        <translation>無法使用 {0}，請拖放圖片、影片或專案。</translation>
    </message>
    <message>
        <source>Turn Garment</source>
        <translation>旋轉服裝</translation>
    </message>
    <message>
        <source>Looking at {0}</source>
        <translation>正在查看 {0}</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>復原</translation>
    </message>
    <message>
        <source>, </source>
        <translation>、</translation>
    </message>
    <message>
        <source>{0} went to {1}.</source>
        <translation>{0} 已放到「{1}」。</translation>
    </message>
    <message>
        <source>A look has one person: {0} is left out.</source>
        <translation>造型只能有一位人物：{0} 未採用。</translation>
    </message>
    <message>
        <source>A look has one motion: {0} is left out.</source>
        <translation>造型只能有一個動作：{0} 未採用。</translation>
    </message>
    <message>
        <source>{0} shows a garment and went to Garment.</source>
        <translation>{0} 是服裝圖片，已放到「服裝」。</translation>
    </message>
    <message>
        <source>{0} shows a person and went to Person.</source>
        <translation>{0} 是人物照片，已放到「人物」。</translation>
    </message>
    <message>
        <source>{0} is worn where {1} would be: {1} is left out.</source>
        <translation>{0} 已穿在 {1} 的位置：{1} 未採用。</translation>
    </message>
    <message>
        <source>{0} takes the place of {1}.</source>
        <translation>{0} 取代了 {1}。</translation>
    </message>
    <message>
        <source>Looking which way is up</source>
        <translation>正在判斷照片方向</translation>
    </message>
    <message>
        <source>Pick Garment</source>
        <translation>選擇服裝</translation>
    </message>
    <message>
        <source>A picture of its back</source>
        <translation>背面圖片</translation>
    </message>
    <message>
        <source>Picture of the Back</source>
        <translation>背面圖片</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>鬆緊</translation>
    </message>
</context>
<context>
    <name>Inspector</name>
    <message>
        <source>Layers</source>
        <translation>圖層</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>造型</translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation>進階</translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation>檢閱器</translation>
    </message>
    <message>
        <source>Background</source>
        <translation>背景</translation>
    </message>
    <message>
        <source>As in the photo</source>
        <translation>與照片相同</translation>
    </message>
    <message>
        <source>White</source>
        <translation>白色</translation>
    </message>
    <message>
        <source>Transparent</source>
        <translation>透明</translation>
    </message>
    <message>
        <source>Picture…</source>
        <translation>圖片…</translation>
    </message>
    <message>
        <source>Frames</source>
        <translation>影格</translation>
    </message>
    <message>
        <source>Frames a second</source>
        <translation>每秒影格數</translation>
    </message>
    <message>
        <source>Frame rate</source>
        <translation>影格速率</translation>
    </message>
    <message>
        <source>Transition frames</source>
        <translation>過渡影格數</translation>
    </message>
    <message>
        <source>In so many frames the clip eases from the photo&apos;s pose into the motion</source>
        <translation>片段從照片姿勢緩緩轉入動作所用的影格數</translation>
    </message>
    <message>
        <source>Transition</source>
        <translation>過渡影格</translation>
    </message>
    <message>
        <source>Fit the motion to the person</source>
        <translation>動作符合人物體型</translation>
    </message>
    <message>
        <source>Off: the motion&apos;s joints are taken as pixels of the photo, as they are</source>
        <translation>關閉時：動作的關節座標直接視為照片上的像素位置</translation>
    </message>
    <message>
        <source>Fit the motion</source>
        <translation>動作符合體型</translation>
    </message>
    <message>
        <source>All ({count})</source>
        <translation>全部（{count}）</translation>
    </message>
    <message>
        <source>All</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>Motion&apos;s ({fps})</source>
        <translation>依動作（{fps}）</translation>
    </message>
    <message>
        <source>Motion&apos;s</source>
        <translation>依動作</translation>
    </message>
    <message>
        <source>A picture behind the person</source>
        <translation>人物背後的圖片</translation>
    </message>
    <message>
        <source>Category</source>
        <translation>類別</translation>
    </message>
    <message>
        <source>Sleeve Length</source>
        <translation>袖長</translation>
    </message>
    <message>
        <source>Hem Length</source>
        <translation>下襬長度</translation>
    </message>
    <message>
        <source>Sleeves</source>
        <translation>袖子</translation>
    </message>
    <message>
        <source>Pick Garment</source>
        <translation>選擇服裝</translation>
    </message>
    <message>
        <source>Cut</source>
        <translation>版型</translation>
    </message>
    <message>
        <source>Fabric</source>
        <translation>布料</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>鬆緊</translation>
    </message>
    <message>
        <source>Tuck In</source>
        <translation>紮入</translation>
    </message>
    <message>
        <source>Picture of the Back</source>
        <translation>背面圖片</translation>
    </message>
    <message>
        <source>Finish with the generator</source>
        <translation>以生成網路收尾</translation>
    </message>
    <message>
        <source>Finish</source>
        <translation>收尾</translation>
    </message>
    <message>
        <source>In Final quality, where the person has turned: paints what the photo didn&apos;t show</source>
        <translation>最終品質下，人物轉身時補畫照片未拍到的部分</translation>
    </message>
    <message>
        <source>The weights hold no trained generator</source>
        <translation>這份權重不含訓練過的生成網路</translation>
    </message>
</context>
<context>
    <name>Joint</name>
    <message>
        <source>Nose</source>
        <translation>鼻子</translation>
    </message>
    <message>
        <source>Neck</source>
        <translation>頸部</translation>
    </message>
    <message>
        <source>Right shoulder</source>
        <translation>右肩</translation>
    </message>
    <message>
        <source>Right elbow</source>
        <translation>右手肘</translation>
    </message>
    <message>
        <source>Right wrist</source>
        <translation>右手腕</translation>
    </message>
    <message>
        <source>Left shoulder</source>
        <translation>左肩</translation>
    </message>
    <message>
        <source>Left elbow</source>
        <translation>左手肘</translation>
    </message>
    <message>
        <source>Left wrist</source>
        <translation>左手腕</translation>
    </message>
    <message>
        <source>Middle of the hips</source>
        <translation>髖部中央</translation>
    </message>
    <message>
        <source>Right hip</source>
        <translation>右髖</translation>
    </message>
    <message>
        <source>Right knee</source>
        <translation>右膝</translation>
    </message>
    <message>
        <source>Right ankle</source>
        <translation>右腳踝</translation>
    </message>
    <message>
        <source>Left hip</source>
        <translation>左髖</translation>
    </message>
    <message>
        <source>Left knee</source>
        <translation>左膝</translation>
    </message>
    <message>
        <source>Left ankle</source>
        <translation>左腳踝</translation>
    </message>
    <message>
        <source>Right eye</source>
        <translation>右眼</translation>
    </message>
    <message>
        <source>Left eye</source>
        <translation>左眼</translation>
    </message>
    <message>
        <source>Right ear</source>
        <translation>右耳</translation>
    </message>
    <message>
        <source>Left ear</source>
        <translation>左耳</translation>
    </message>
    <message>
        <source>Left big toe</source>
        <translation>左腳大趾</translation>
    </message>
    <message>
        <source>Left small toe</source>
        <translation>左腳小趾</translation>
    </message>
    <message>
        <source>Left heel</source>
        <translation>左腳跟</translation>
    </message>
    <message>
        <source>Right big toe</source>
        <translation>右腳大趾</translation>
    </message>
    <message>
        <source>Right small toe</source>
        <translation>右腳小趾</translation>
    </message>
    <message>
        <source>Right heel</source>
        <translation>右腳跟</translation>
    </message>
</context>
<context>
    <name>JointHandle</name>
    <message>
        <source>{0} (hidden)</source>
        <translation>{0}（已隱藏）</translation>
    </message>
    <message>
        <source>{0}: drag to move; right click or Delete to hide</source>
        <translation>{0}：拖曳即可移動；按右鍵或 Delete 鍵可隱藏</translation>
    </message>
</context>
<context>
    <name>LandmarkHandle</name>
    <message>
        <source>{0}: drag to move</source>
        <translation>{0}：拖曳以移動</translation>
    </message>
</context>
<context>
    <name>LandmarkLayer</name>
    <message>
        <source>Neckline</source>
        <translation>領口</translation>
    </message>
    <message>
        <source>Neck</source>
        <translation>頸部</translation>
    </message>
    <message>
        <source>Shoulder</source>
        <translation>肩部</translation>
    </message>
    <message>
        <source>Armpit</source>
        <translation>腋下</translation>
    </message>
    <message>
        <source>Elbow</source>
        <translation>手肘</translation>
    </message>
    <message>
        <source>Outer end of the cuff</source>
        <translation>袖口外側</translation>
    </message>
    <message>
        <source>Inner end of the cuff</source>
        <translation>袖口內側</translation>
    </message>
    <message>
        <source>Waist</source>
        <translation>腰部</translation>
    </message>
    <message>
        <source>Hip</source>
        <translation>臀部</translation>
    </message>
    <message>
        <source>Thigh</source>
        <translation>大腿</translation>
    </message>
    <message>
        <source>Knee</source>
        <translation>膝蓋</translation>
    </message>
    <message>
        <source>Hem</source>
        <translation>下襬</translation>
    </message>
    <message>
        <source>Inner end of the hem</source>
        <translation>下襬內側</translation>
    </message>
    <message>
        <source>Crotch</source>
        <translation>褲襠</translation>
    </message>
    <message>
        <source>{0}, the wearer&apos;s right</source>
        <translation>{0}（穿著者右側）</translation>
    </message>
    <message>
        <source>{0}, the wearer&apos;s left</source>
        <translation>{0}（穿著者左側）</translation>
    </message>
</context>
<context>
    <name>LandmarkMending</name>
    <message>
        <source>Move Landmark</source>
        <translation>移動特徵點</translation>
    </message>
</context>
<context>
    <name>LayerList</name>
    <message>
        <source>Show {layer}</source>
        <translation>顯示{layer}</translation>
    </message>
    <message>
        <source>Strength of {layer}</source>
        <translation>{layer}的強度</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>結果</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>原圖</translation>
    </message>
    <message>
        <source>Removed</source>
        <translation>移除區</translation>
    </message>
    <message>
        <source>Clothing</source>
        <translation>服裝</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>Skeleton</source>
        <translation>骨架</translation>
    </message>
    <message>
        <source>Flow</source>
        <translation>光流</translation>
    </message>
</context>
<context>
    <name>LengthSlider</name>
    <message>
        <source>Reset {length}</source>
        <translation>重設{length}</translation>
    </message>
    <message>
        <source>Back to the garment&apos;s own length</source>
        <translation>回到服裝原本的長度</translation>
    </message>
    <message>
        <source>{value} %</source>
        <translation>{value} %</translation>
    </message>
</context>
<context>
    <name>LookBookView</name>
    <message>
        <source>Look-book</source>
        <translation>造型集</translation>
    </message>
    <message>
        <source>Add Persons</source>
        <translation>加入人物</translation>
    </message>
    <message>
        <source>Add Garments</source>
        <translation>加入服裝</translation>
    </message>
    <message>
        <source>Contact Sheet…</source>
        <translation>縮圖目錄…</translation>
    </message>
    <message>
        <source>Export a contact sheet</source>
        <translation>匯出縮圖目錄</translation>
    </message>
    <message>
        <source>Persons</source>
        <translation>人物</translation>
    </message>
    <message>
        <source>Drop photos of persons here</source>
        <translation>將人物照片拖放到這裡</translation>
    </message>
    <message>
        <source>Garments</source>
        <translation>服裝</translation>
    </message>
    <message>
        <source>Drop pictures of garments here</source>
        <translation>將服裝圖片拖放到這裡</translation>
    </message>
    <message>
        <source>Drop it on the persons at the left, or on the garments at the top.</source>
        <translation>請拖放到左側的人物或上方的服裝。</translation>
    </message>
    <message>
        <source>Choose Motions</source>
        <translation>選擇動作</translation>
    </message>
    <message>
        <source>{n} motions</source>
        <translation>{n} 個動作</translation>
    </message>
    <message>
        <source>Motions: {names}</source>
        <translation>動作：{names}</translation>
    </message>
    <message>
        <source>none</source>
        <translation>無</translation>
    </message>
    <message>
        <source>{done} of {all} clips</source>
        <translation>{done}／{all} 個片段</translation>
    </message>
    <message>
        <source>Render needs persons and garments</source>
        <translation>算圖需要人物與服裝</translation>
    </message>
    <message>
        <source>Render needs a motion</source>
        <translation>算圖需要動作</translation>
    </message>
    <message>
        <source>Render Again</source>
        <translation>重新算圖</translation>
    </message>
    <message>
        <source>Queued</source>
        <translation>已加入佇列</translation>
    </message>
    <message>
        <source>Render 1 Clip</source>
        <translation>算圖 1 個片段</translation>
    </message>
    <message>
        <source>Render {n} Clips</source>
        <translation>算圖 {n} 個片段</translation>
    </message>
    <message>
        <source>Contact Sheet</source>
        <translation>縮圖目錄</translation>
    </message>
    <message>
        <source>Pictures (*.png *.jpg *.webp)</source>
        <translation>圖片 (*.png *.jpg *.webp)</translation>
    </message>
    <message>
        <source>The contact sheet is written: {name}</source>
        <translation>縮圖目錄已儲存：{name}</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>顯示</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>開啟…</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>貼上</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>範例</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>最近使用</translation>
    </message>
    <message>
        <source>All</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Open in the Studio</source>
        <translation>在工作室中開啟</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Open Clip: {motion}</source>
        <translation>開啟片段：{motion}</translation>
    </message>
    <message>
        <source>Remove {name}</source>
        <translation>移除 {name}</translation>
    </message>
    <message>
        <source>Add: {well}</source>
        <translation>加入：{well}</translation>
    </message>
</context>
<context>
    <name>LookGrid</name>
    <message>
        <source>Look-book: persons by garments</source>
        <translation>造型集：人物與服裝對照</translation>
    </message>
    <message>
        <source>Persons</source>
        <translation>人物</translation>
    </message>
    <message>
        <source>Garments</source>
        <translation>服裝</translation>
    </message>
</context>
<context>
    <name>LookQueue</name>
    <message>
        <source>This look needs: {missing}.</source>
        <translation>這個造型還需要：{missing}。</translation>
    </message>
    <message>
        <source>There is no look to show yet; add persons and garments.</source>
        <translation>還沒有可顯示的造型，請加入人物與服裝。</translation>
    </message>
    <message>
        <source>The contact sheet can&apos;t be made ({reason}).</source>
        <translation>無法製作縮圖目錄（{reason}）。</translation>
    </message>
    <message>
        <source>The folder {folder} can&apos;t be made ({reason}); choose another.</source>
        <translation>無法建立資料夾 {folder}（{reason}），請選擇其他資料夾。</translation>
    </message>
    <message>
        <source>It was stopped.</source>
        <translation>已停止。</translation>
    </message>
    <message>
        <source>On the cluster</source>
        <translation>在叢集上</translation>
    </message>
</context>
<context>
    <name>MotionWell</name>
    <message>
        <source>Drop a video or a motion here</source>
        <translation>將影片或動作拖放到這裡</translation>
    </message>
    <message>
        <source>{name}, {seconds} s</source>
        <translation>{name}，{seconds} 秒</translation>
    </message>
</context>
<context>
    <name>NoteRow</name>
    <message>
        <source>Mend</source>
        <translation>修補</translation>
    </message>
    <message>
        <source>Turn</source>
        <translation>旋轉</translation>
    </message>
    <message>
        <source>Choose</source>
        <translation>選擇</translation>
    </message>
    <message>
        <source>Cut out</source>
        <translation>去背</translation>
    </message>
    <message>
        <source>Crop</source>
        <translation>裁切</translation>
    </message>
    <message>
        <source>Read it</source>
        <translation>讀取</translation>
    </message>
    <message>
        <source>Next one</source>
        <translation>下一件</translation>
    </message>
    <message>
        <source>{0}: {1}</source>
        <translation>{0}：{1}</translation>
    </message>
    <message>
        <source>Looser</source>
        <translation>放寬</translation>
    </message>
    <message>
        <source>Cut</source>
        <translation>版型</translation>
    </message>
    <message>
        <source>Fabric</source>
        <translation>布料</translation>
    </message>
    <message>
        <source>Landmarks</source>
        <translation>特徵點</translation>
    </message>
</context>
<context>
    <name>PaintBar</name>
    <message>
        <source>Brush</source>
        <translation>筆刷</translation>
    </message>
    <message>
        <source>Brush (X swaps with the eraser)</source>
        <translation>筆刷（按 X 切換橡皮擦）</translation>
    </message>
    <message>
        <source>Eraser</source>
        <translation>橡皮擦</translation>
    </message>
    <message>
        <source>Eraser (X swaps with the brush)</source>
        <translation>橡皮擦（按 X 切換筆刷）</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>How broad the brush is ([ and ])</source>
        <translation>筆刷的粗細（[ 與 ]）</translation>
    </message>
    <message>
        <source>Softness</source>
        <translation>柔邊</translation>
    </message>
    <message>
        <source>How soft the brush&apos;s edge is</source>
        <translation>筆刷邊緣的柔和程度</translation>
    </message>
    <message>
        <source>Reset this frame</source>
        <translation>重設此影格</translation>
    </message>
    <message>
        <source>Take back what was painted on this frame</source>
        <translation>取消在此影格上繪製的內容</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Reset cut-out</source>
        <translation>重設去背</translation>
    </message>
    <message>
        <source>Back to the cut-out that was found</source>
        <translation>回到自動找到的去背</translation>
    </message>
    <message>
        <source>Reset mask</source>
        <translation>重設遮罩</translation>
    </message>
    <message>
        <source>Back to the mask that was found</source>
        <translation>回到自動找到的遮罩</translation>
    </message>
    <message>
        <source>Mending</source>
        <translation>修補</translation>
    </message>
    <message>
        <source>Leave mending (Esc); nothing is lost</source>
        <translation>結束修補（Esc）；不會遺失任何內容</translation>
    </message>
    <message>
        <source>Drag a landmark to where it belongs on the garment.</source>
        <translation>將特徵點拖曳到服裝上的正確位置。</translation>
    </message>
    <message>
        <source>Drag a joint to move it at this frame; a right click or Delete hides it.</source>
        <translation>拖曳關節即可在這個影格移動它；按右鍵或 Delete 鍵可隱藏。</translation>
    </message>
    <message>
        <source>Take back what was moved on this frame</source>
        <translation>還原在這個影格移動過的關節</translation>
    </message>
    <message>
        <source>Reset landmarks</source>
        <translation>重設特徵點</translation>
    </message>
    <message>
        <source>Back to the landmarks that were found</source>
        <translation>回到自動找到的特徵點</translation>
    </message>
</context>
<context>
    <name>PersonFrame</name>
    <message>
        <source>Person {0} of {1}</source>
        <translation>第 {0} 位人物，共 {1} 位</translation>
    </message>
    <message>
        <source>Dress this person</source>
        <translation>為這位人物試穿</translation>
    </message>
</context>
<context>
    <name>PersonWell</name>
    <message>
        <source>Drop a full-body photo here</source>
        <translation>將全身照拖放到這裡</translation>
    </message>
</context>
<context>
    <name>Playback</name>
    <message>
        <source>Drop a photo of a person here, or choose a sample at the left</source>
        <translation>將人物照片拖放到這裡，或從左側選擇範例</translation>
    </message>
    <message>
        <source>In and Out Points</source>
        <translation>入點與出點</translation>
    </message>
</context>
<context>
    <name>Preferences</name>
    <message>
        <source>Preferences</source>
        <translation>偏好設定</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主題</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>依系統設定</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>淺色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>語言</translation>
    </message>
    <message>
        <source>Quality of a new look</source>
        <translation>新造型的品質</translation>
    </message>
    <message>
        <source>Draft</source>
        <translation>草稿</translation>
    </message>
    <message>
        <source>Final</source>
        <translation>最終</translation>
    </message>
    <message>
        <source>New looks</source>
        <translation>新造型</translation>
    </message>
    <message>
        <source>Fade and move softly</source>
        <translation>使用淡入與平滑動畫</translation>
    </message>
    <message>
        <source>Motion of the interface</source>
        <translation>介面動畫</translation>
    </message>
    <message>
        <source>Interface</source>
        <translation>介面</translation>
    </message>
    <message>
        <source>This holds when the program is started again.</source>
        <translation>重新啟動程式後生效。</translation>
    </message>
    <message>
        <source>Compute on</source>
        <translation>運算裝置</translation>
    </message>
    <message>
        <source>The fastest device</source>
        <translation>最快的裝置</translation>
    </message>
    <message>
        <source>Processor (CPU)</source>
        <translation>處理器（CPU）</translation>
    </message>
    <message>
        <source>Graphics card (CUDA)</source>
        <translation>顯示卡（CUDA）</translation>
    </message>
    <message>
        <source>Graphics processor (Metal)</source>
        <translation>圖形處理器（Metal）</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自動</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>執行緒</translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation>進階</translation>
    </message>
    <message>
        <source>This computer</source>
        <translation>這台電腦</translation>
    </message>
    <message>
        <source>Cluster of the queue</source>
        <translation>佇列的叢集</translation>
    </message>
    <message>
        <source>Makes the queue&apos;s clips on a Ray cluster: its HOST:PORT, or auto</source>
        <translation>在 Ray 叢集上製作佇列的影片：輸入其 HOST:PORT 或 auto</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>佇列</translation>
    </message>
    <message>
        <source>That is no address; give HOST:PORT as `ray start` prints it, or auto.</source>
        <translation>這不是位址；請輸入 `ray start` 顯示的 HOST:PORT，或 auto。</translation>
    </message>
</context>
<context>
    <name>Preparation</name>
    <message>
        <source>Getting ready</source>
        <translation>準備中</translation>
    </message>
    <message>
        <source>Dressing</source>
        <translation>換裝中</translation>
    </message>
    <message>
        <source>Looking at the person</source>
        <translation>正在分析人物</translation>
    </message>
    <message>
        <source>Looking at the garment</source>
        <translation>正在分析服裝</translation>
    </message>
    <message>
        <source>The painted cut-out belongs to another picture and is not used.</source>
        <translation>手繪的去背範圍屬於另一張圖片，不會使用。</translation>
    </message>
    <message>
        <source>Reading the motion</source>
        <translation>正在讀取動作</translation>
    </message>
    <message>
        <source>There is no motion; choose one.</source>
        <translation>還沒有動作，請選擇一個。</translation>
    </message>
    <message>
        <source>Reading the video was stopped; choose it again, or render, to read it.</source>
        <translation>已停止讀取影片；請重新選擇影片，或直接算圖，即可讀取。</translation>
    </message>
    <message>
        <source>This can&apos;t be used because of a fault in FashionMirror; try another file.</source>
        <translation>FashionMirror 發生錯誤，無法使用這個檔案，請改用其他檔案。</translation>
    </message>
    <message>
        <source>The painted mask belongs to another photo and is not used.</source>
        <translation>手繪的遮罩屬於另一張照片，不會使用。</translation>
    </message>
    <message>
        <source>This motion makes a clip of {0} frames; {1} are possible. Set Frames to fewer.</source>
        <translation>這個動作會產生 {0} 影格的影片，最多 {1} 影格；請將影格數設小一些。</translation>
    </message>
    <message>
        <source>The crop lies outside of the photo; choose the photo again.</source>
        <translation>裁切範圍在照片之外；請重新選擇照片。</translation>
    </message>
</context>
<context>
    <name>Project</name>
    <message>
        <source>{name} can&apos;t be read ({reason}); check the path and the disk.</source>
        <translation>無法讀取 {name}（{reason}），請檢查路徑與磁碟。</translation>
    </message>
    <message>
        <source>{name} unpacks to more than a project may hold; open another file.</source>
        <translation>{name} 解壓縮後超過專案的容量上限，請開啟其他檔案。</translation>
    </message>
    <message>
        <source>{name} isn&apos;t a FashionMirror project or was tampered with; open another file.</source>
        <translation>{name} 不是 FashionMirror 專案，或已遭竄改，請開啟其他檔案。</translation>
    </message>
    <message>
        <source>{name} is damaged or isn&apos;t a project; open another copy of it.</source>
        <translation>{name} 已損毀或不是專案，請開啟其他複本。</translation>
    </message>
    <message>
        <source>{name} doesn&apos;t say which version it is; it isn&apos;t a FashionMirror project.</source>
        <translation>{name} 未標示版本，不是 FashionMirror 專案。</translation>
    </message>
    <message>
        <source>{name} was made by a newer FashionMirror (project version {found}); update this one.</source>
        <translation>{name} 由較新版的 FashionMirror 建立（專案版本 {found}），請更新本程式。</translation>
    </message>
    <message>
        <source>{name} can&apos;t be read ({reason}); check the disk that it is on.</source>
        <translation>無法讀取 {name}（{reason}），請檢查它所在的磁碟。</translation>
    </message>
    <message>
        <source>{name} is damaged: its description can&apos;t be read; open an earlier copy of it.</source>
        <translation>{name} 已損毀，無法讀取其描述；請開啟較早的複本。</translation>
    </message>
    <message>
        <source>{name} was found in {folder}.</source>
        <translation>已在 {folder} 找到 {name}。</translation>
    </message>
    <message>
        <source>{name} holds more painted masks than a project may; open another copy.</source>
        <translation>{name} 內含的繪製遮罩超過專案上限；請開啟其他複本。</translation>
    </message>
    <message>
        <source>{name} doesn&apos;t fit into the project with the others; use smaller files.</source>
        <translation>{name} 與其他檔案合計超過專案容量；請使用較小的檔案。</translation>
    </message>
    <message>
        <source>{name} isn&apos;t in {folder} any more, and saving would lose it; put it back, or choose another file in its place.</source>
        <translation>{name} 已不在 {folder}，儲存會遺失這個檔案；請放回原處，或改選其他檔案。</translation>
    </message>
    <message>
        <source>{name} may not be read; change its permissions.</source>
        <translation>{name} 無法讀取；請變更其權限。</translation>
    </message>
    <message>
        <source>{name} holds a look that can&apos;t be read ({reason}); open an earlier copy of it.</source>
        <translation>{name} 內的造型無法讀取（{reason}）；請開啟較早的複本。</translation>
    </message>
</context>
<context>
    <name>Projects</name>
    <message>
        <source>Looks, pictures and motions ({0});;All files (*)</source>
        <translation>造型、圖片與動作 ({0});;所有檔案 (*)</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>開啟</translation>
    </message>
    <message>
        <source>Clear List</source>
        <translation>清除清單</translation>
    </message>
    <message>
        <source>{0} isn&apos;t where it was. The look is kept; show where the file is now.</source>
        <translation>{0} 已不在原來的位置。造型仍會保留，請指出檔案目前的位置。</translation>
    </message>
    <message>
        <source>Find it…</source>
        <translation>尋找檔案…</translation>
    </message>
    <message>
        <source>Where is {0}?</source>
        <translation>{0} 在哪裡？</translation>
    </message>
    <message>
        <source>{0} ({0});;All files (*)</source>
        <translation>{0} ({0});;所有檔案 (*)</translation>
    </message>
    <message>
        <source>Find File</source>
        <translation>尋找檔案</translation>
    </message>
    <message>
        <source>FashionMirror looks (*.fmirror)</source>
        <translation>FashionMirror 造型 (*.fmirror)</translation>
    </message>
    <message>
        <source>Save As</source>
        <translation>另存新檔</translation>
    </message>
    <message>
        <source>Save As…</source>
        <translation>另存新檔…</translation>
    </message>
    <message>
        <source> in </source>
        <translation> × </translation>
    </message>
    <message>
        <source>Save the changes to “{0}”?</source>
        <translation>要儲存對「{0}」的變更嗎？</translation>
    </message>
    <message>
        <source>Without saving they are lost.</source>
        <translation>若不儲存，變更將會遺失。</translation>
    </message>
    <message>
        <source>an unsaved look</source>
        <translation>未儲存的造型</translation>
    </message>
    <message>
        <source>The studio ended unexpectedly. {0}, as of {1}, can be brought back.</source>
        <translation>工作室曾意外結束，可還原「{0}」（{1} 的狀態）。</translation>
    </message>
    <message>
        <source>Bring it back</source>
        <translation>還原</translation>
    </message>
</context>
<context>
    <name>Queue</name>
    <message>
        <source>{percent} %</source>
        <translation>{percent} %</translation>
    </message>
    <message>
        <source>Beginning</source>
        <translation>正在開始</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>等候中</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失敗</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>{n} s left</source>
        <translation>剩餘 {n} 秒</translation>
    </message>
    <message>
        <source>{n} min left</source>
        <translation>剩餘 {n} 分鐘</translation>
    </message>
</context>
<context>
    <name>QueuePanel</name>
    <message>
        <source>Queue</source>
        <translation>佇列</translation>
    </message>
    <message>
        <source>Queued clips</source>
        <translation>佇列中的片段</translation>
    </message>
    <message>
        <source>Nothing is queued.
Render looks in the look-book,
or queue this look (Render menu).</source>
        <translation>佇列是空的。
請在造型集中為造型算圖，
或將目前的造型加入佇列（「算圖」選單）。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>再試一次</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>往前移</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>往後移</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>在資料夾中顯示</translation>
    </message>
    <message>
        <source>Remove from the list</source>
        <translation>從清單中移除</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>變更…</translation>
    </message>
    <message>
        <source>Change the folder for clips</source>
        <translation>變更影片片段的資料夾</translation>
    </message>
    <message>
        <source>{done} of {all} clips done</source>
        <translation>已完成 {done}／{all} 個片段</translation>
    </message>
    <message>
        <source>{n} failed</source>
        <translation>{n} 個失敗</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>已暫停</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>繼續</translation>
    </message>
    <message>
        <source>Pause the queue</source>
        <translation>暫停佇列</translation>
    </message>
    <message>
        <source>Clips go to {folder}</source>
        <translation>片段儲存到 {folder}</translation>
    </message>
    <message>
        <source>Folder for clips</source>
        <translation>影片片段的資料夾</translation>
    </message>
    <message>
        <source>Cancel All</source>
        <translation>全部取消</translation>
    </message>
    <message>
        <source>Clear Finished</source>
        <translation>清除已結束的項目</translation>
    </message>
</context>
<context>
    <name>Remarks</name>
    <message>
        <source>No person was found; take a photo of one whole person, standing, seen from the front.</source>
        <translation>沒有找到人；請用一張單人全身、站立、正面的照片。</translation>
    </message>
    <message>
        <source>The photo was reduced from {0} to {1} x {2} pixels; nothing to do.</source>
        <translation>照片已從 {0} 縮小為 {1} x {2} 像素；不需處理。</translation>
    </message>
    <message>
        <source>The photo lies on its side; {0}.</source>
        <translation>照片是橫放的；{0}。</translation>
    </message>
    <message>
        <source>The person lies on the side or stands on the head; {0}.</source>
        <translation>人是橫躺或倒立的；{0}。</translation>
    </message>
    <message>
        <source>The head is cut off; take a photo of the whole person, from head to feet.</source>
        <translation>頭部被切掉；請用從頭到腳的全身照片。</translation>
    </message>
    <message>
        <source>The hips are cut off; take a photo from the head to the hips at least, better to the feet.</source>
        <translation>臀部被切掉；請用至少從頭到臀部的照片，最好到腳。</translation>
    </message>
    <message>
        <source>The person is too small in the picture: {0} pixels tall, at least {1} are needed; {2}.</source>
        <translation>人在圖片中太小：高 {0} 像素，至少需要 {1}；{2}。</translation>
    </message>
    <message>
        <source>The person is too small in the picture; crop the picture to the person.</source>
        <translation>人在圖片中太小；請將圖片裁切到人。</translation>
    </message>
    <message>
        <source>The legs are hidden; take a photo of the whole person, from head to feet.</source>
        <translation>雙腿被遮住；請用從頭到腳的全身照片。</translation>
    </message>
    <message>
        <source>The person is seen from the side; a photo from the front works better.</source>
        <translation>看到的是人的側面；正面的照片效果更好。</translation>
    </message>
    <message>
        <source>The person seems to be seen from behind; a photo from the front works better.</source>
        <translation>看到的似乎是人的背面；正面的照片效果更好。</translation>
    </message>
    <message>
        <source>The top of the head is cut off; leave some room above the head.</source>
        <translation>頭頂被切掉；請在頭上留些空間。</translation>
    </message>
    <message>
        <source>An arm or hand is hidden; let both arms hang free of the body.</source>
        <translation>手臂或手被遮住；請讓雙臂自然垂下、離開身體。</translation>
    </message>
    <message>
        <source>The person seems to sit or crouch; a standing person works better.</source>
        <translation>人似乎坐著或蹲著；站立的人效果更好。</translation>
    </message>
    <message>
        <source>Several people are in the photo: the largest is dressed; a photo of one person is safer.</source>
        <translation>照片中有好幾個人：會為最大的一位著裝；單人照片比較穩妥。</translation>
    </message>
    <message>
        <source>The person can&apos;t be told from the background; take a photo before a plainer one.</source>
        <translation>人和背景分不開；請在較單純的背景前拍照。</translation>
    </message>
    <message>
        <source>The feet touch the picture&apos;s edge or are cut a little; leave some room below them.</source>
        <translation>腳碰到圖片邊緣或被切掉一點；請在腳下留些空間。</translation>
    </message>
    <message>
        <source>The photo ends above the feet: the person moves in place, and the picture&apos;s edge cuts what hangs below it; a photo from head to feet shows the whole look.</source>
        <translation>照片在腳的上方就結束：人會在原地移動，垂到下面的部分會被圖片邊緣切掉；從頭到腳的照片才能顯示整個造型。</translation>
    </message>
    <message>
        <source>The matte shows no person; use a photo with one whole person.</source>
        <translation>遮罩中沒有人；請用一張單人全身照片。</translation>
    </message>
    <message>
        <source>Shoulders or hips are not in the picture; use a photo that shows the whole person.</source>
        <translation>肩膀或臀部不在圖片中；請用能看到全身的照片。</translation>
    </message>
    <message>
        <source>The person seems to be a child; bodies are fitted as grown-ups&apos;, so expect a wrong look.</source>
        <translation>照片中似乎是小孩；身體是照成人來擬合的，結果可能不對。</translation>
    </message>
    <message>
        <source>This picture shows a garment and no person; give it as the garment, and a photo of a person as the person.</source>
        <translation>這張圖片是服裝而沒有人；請把它當作服裝，另外提供人的照片。</translation>
    </message>
    <message>
        <source>No garment found, the picture looks like background only; use a picture of one garment with room around it.</source>
        <translation>沒有找到服裝，圖片看起來只有背景；請用四周留有空間的單件服裝圖片。</translation>
    </message>
    <message>
        <source>The garment fills the whole picture; use a picture with background on every side, or one with alpha.</source>
        <translation>服裝填滿整張圖片；請用四周都有背景的圖片，或帶透明背景的圖片。</translation>
    </message>
    <message>
        <source>The cut-out is doubtful: the garment hardly differs from its background; look at it.</source>
        <translation>去背有疑問：服裝和背景幾乎沒有差別；請檢查。</translation>
    </message>
    <message>
        <source>The cut-out is doubtful: it is a plain rectangle, with no garment to be seen in it; look at it.</source>
        <translation>去背有疑問：只是一個單純的矩形，裡面看不出服裝；請檢查。</translation>
    </message>
    <message>
        <source>The garment is cut off by the picture&apos;s border; use a picture that shows all of it.</source>
        <translation>服裝被圖片邊緣切掉；請用能看到整件服裝的圖片。</translation>
    </message>
    <message>
        <source>This looks like no top, skirt, trousers or dress, but like a shoe, a hat or something else; use a picture of a garment, or choose its category if it is one.</source>
        <translation>這看起來不是上衣、裙子、褲子或洋裝，而像鞋子、帽子或其他東西；請用服裝的圖片，如果確實是服裝請選擇類別。</translation>
    </message>
    <message>
        <source>It is doubtful whether this is a top, skirt, trousers or dress; look at it.</source>
        <translation>不確定這是不是上衣、裙子、褲子或洋裝；請檢查。</translation>
    </message>
    <message>
        <source>This looks like no garment; it is worn because its category was chosen.</source>
        <translation>這看起來不是服裝；因為選擇了類別，所以仍然穿上。</translation>
    </message>
    <message>
        <source>Somebody wears the garment in this picture; use a picture of the garment alone, or paint only the garment into the cut-out.</source>
        <translation>圖片中有人穿著這件服裝；請用只有服裝的圖片，或在去背中只塗出服裝。</translation>
    </message>
    <message>
        <source>The garment was turned upright, by {0} degrees clockwise; turn it on if that is wrong.</source>
        <translation>服裝已順時針轉正 {0} 度；如果不對請再轉。</translation>
    </message>
    <message>
        <source>It isn&apos;t clear which way up the garment lies; turn it if it is shown wrongly.</source>
        <translation>不確定服裝的上下方向；如果顯示錯了請轉動。</translation>
    </message>
    <message>
        <source>Several garments are in the picture: {0} is worn, {1} of {2}; pick another, crop the picture to one, or paint the others out of the cut-out.</source>
        <translation>圖片中有好幾件服裝：穿的是{0}，第 {1} 件，共 {2} 件；請選另一件、將圖片裁切到一件，或在去背中塗掉其他的。</translation>
    </message>
    <message>
        <source>Several garments are in the picture: what is cut out is worn; crop the picture to one, or paint the others out of the cut-out.</source>
        <translation>圖片中有好幾件服裝：會穿上去背出來的部分；請將圖片裁切到一件，或在去背中塗掉其他的。</translation>
    </message>
    <message>
        <source>This looks like a jumpsuit: it is worn without its legs; use pictures of a top and of trousers instead.</source>
        <translation>這看起來像連身褲：穿上時沒有褲管；請改用上衣和褲子的圖片。</translation>
    </message>
    <message>
        <source>The category is doubtful: looks like {0}, perhaps {1}; choose it if it is wrong.</source>
        <translation>類別有疑問：看起來像{0}，也可能是{1}；如果不對請選擇。</translation>
    </message>
    <message>
        <source>The garment picture is too small; use one of at least 200 pixels on its longer side.</source>
        <translation>服裝圖片太小；請用長邊至少 200 像素的圖片。</translation>
    </message>
    <message>
        <source>The garment&apos;s shoulders, sides and hem can&apos;t be told apart; use a picture of the whole garment, spread out and seen from the front.</source>
        <translation>分不出服裝的肩膀、兩側和下襬；請用整件服裝攤開、正面的圖片。</translation>
    </message>
    <message>
        <source>No sleeves are seen. If the garment has some, they lie against it: use a picture with the sleeves apart from the body, or paint the gap between them into the cut-out.</source>
        <translation>看不到袖子。如果有袖子，就是貼著衣身：請用袖子和衣身分開的圖片，或在去背中塗出中間的空隙。</translation>
    </message>
    <message>
        <source>A sleeve is folded over the body: it is laid out beside it, and what it hides is taken from the other side.</source>
        <translation>一隻袖子折在衣身上：已攤開到旁邊，被它遮住的部分取自另一側。</translation>
    </message>
    <message>
        <source>A sleeve isn&apos;t seen: it is taken from the other side.</source>
        <translation>看不到一隻袖子：取自另一側。</translation>
    </message>
    <message>
        <source>The front is of the category {0}, the back of {1}; give two pictures of one garment, or choose the category.</source>
        <translation>正面的類別是{0}，背面是{1}；請提供同一件服裝的兩張圖片，或選擇類別。</translation>
    </message>
    <message>
        <source>The back&apos;s picture: {0}</source>
        <translation>背面圖片：{0}</translation>
    </message>
    <message>
        <source>The picture&apos;s transparency is only a frame (a stray pixel, round corners, a shadow, a vignette): the outline is found by the colours instead.</source>
        <translation>圖片的透明部分只是外框（零星像素、圓角、陰影、暈影）：輪廓改由顏色找出。</translation>
    </message>
    <message>
        <source>A haze of {0} % around the cut-out was removed; nothing to do.</source>
        <translation>已去除去背周圍 {0} % 的薄霧；不需處理。</translation>
    </message>
    <message>
        <source>The cut-out is see-through all over ({0} % opaque): it is taken as opaque; use an opaque one if it looks wrong.</source>
        <translation>去背整體是半透明的（{0} % 不透明）：當作不透明處理；如果看起來不對請用不透明的圖片。</translation>
    </message>
    <message>
        <source>The picture is fully transparent; use one that shows a person or a garment.</source>
        <translation>圖片完全透明；請用能看到人或服裝的圖片。</translation>
    </message>
    <message>
        <source>The cut {0} is none of the category {1}; choose {2}, or another category.</source>
        <translation>版型 {0} 不屬於{1}這個類別；請選擇 {2}，或換一個類別。</translation>
    </message>
    <message>
        <source>It is stretched by up to {0}: it is cut too small for this body; choose a looser fit or another cut.</source>
        <translation>布料最多被拉長 {0}：對這個身體來說太小；請選擇較寬鬆的鬆緊或另一個版型。</translation>
    </message>
    <message>
        <source>{0} of its cloth lies inside the body: choose a looser fit or another cut.</source>
        <translation>有 {0} 的布料在身體裡面：請選擇較寬鬆的鬆緊或另一個版型。</translation>
    </message>
    <message>
        <source>It slides down by {0} cm: nothing holds it up; choose another cut, or a slimmer fit.</source>
        <translation>它滑落了 {0} 公分：沒有東西撐住它；請選擇另一個版型，或較合身的鬆緊。</translation>
    </message>
    <message>
        <source>It doesn&apos;t come to rest: look at the clip; choose a heavier fabric or another cut.</source>
        <translation>它靜不下來：請看影片；請選擇較重的布料或另一個版型。</translation>
    </message>
    <message>
        <source>The trousers lie folded; both legs are made from what is seen of one.</source>
        <translation>褲子是折著放的；兩條褲管都由看得到的一條製作。</translation>
    </message>
    <message>
        <source>One leg is longer than the other in the picture; the longer one is taken for both.</source>
        <translation>圖片中兩條褲管不一樣長；兩條都用較長的。</translation>
    </message>
    <message>
        <source>The crotch is lower in the picture than on the body; it is taken further up.</source>
        <translation>圖片中的褲襠比身體的低；已往上移。</translation>
    </message>
    <message>
        <source>The video has more than {0} frames; the rest isn&apos;t read.</source>
        <translation>影片超過 {0} 影格；其餘的不讀取。</translation>
    </message>
    <message>
        <source>More than one person is seen in the video: one is followed; a video of one is safer.</source>
        <translation>影片中有不只一個人：跟隨其中一位；單人影片比較穩妥。</translation>
    </message>
    <message>
        <source>{0}: no person was found in any frame; take a video that shows a whole person, or crop it to the person if there is one.</source>
        <translation>{0}：沒有任何影格找到人；請用能看到全身的影片，如果有人請裁切到人。</translation>
    </message>
    <message>
        <source>{0} of {1} frames show somebody else, or another view ({2}): the poses there are interpolated; a video of one person without cuts is safer.</source>
        <translation>{1} 影格中有 {0} 個是別人或另一個鏡頭（{2}）：那裡的姿勢由內插得出；單人、沒有剪接的影片比較穩妥。</translation>
    </message>
    <message>
        <source>{0} of {1} frames show no person ({2}); their poses are interpolated.</source>
        <translation>{1} 影格中有 {0} 個沒有人（{2}）；姿勢由內插得出。</translation>
    </message>
    <message>
        <source>Unseen for more than {0} s and guessed: {1}.</source>
        <translation>超過 {0} 秒看不到而用猜的：{1}。</translation>
    </message>
    <message>
        <source>The feet are out of the picture most of the time, the legs are guessed; a whole person works better.</source>
        <translation>腳大部分時間在畫面外，雙腿是猜的；全身的影片效果更好。</translation>
    </message>
    <message>
        <source>The legs are never seen and are guessed; a motion of a whole person works better.</source>
        <translation>雙腿從未出現，是猜的；全身的動作效果更好。</translation>
    </message>
    <message>
        <source>The person is only {0} pixels tall in a picture of {1} x {2}; crop the video around the person.</source>
        <translation>人在 {1} x {2} 的畫面中只有 {0} 像素高；請將影片裁切到人的周圍。</translation>
    </message>
    <message>
        <source>The first frame is the skeleton&apos;s pose at rest; it is left out.</source>
        <translation>第一個影格是骨架的靜止姿勢；已略過。</translation>
    </message>
    <message>
        <source>The motion is a single frame; the person stands still.</source>
        <translation>動作只有一個影格；人會站著不動。</translation>
    </message>
    <message>
        <source>The motion lay on its side; it was turned upright.</source>
        <translation>動作是橫躺的；已轉正。</translation>
    </message>
    <message>
        <source>The motion stood on its head; it was turned upright.</source>
        <translation>動作是倒立的；已轉正。</translation>
    </message>
    <message>
        <source>The video is cut off: {0} frames were read; copy or export it again for the rest.</source>
        <translation>影片被截斷：已讀取 {0} 影格；其餘的請重新複製或匯出。</translation>
    </message>
    <message>
        <source>The video is damaged: {0} frames were read, some may be wrong; copy or export it again.</source>
        <translation>影片已損壞：已讀取 {0} 影格，有些可能不對；請重新複製或匯出。</translation>
    </message>
    <message>
        <source>{0} has no frame that can be decoded; convert it to MP4 and try again.</source>
        <translation>{0} 沒有可以解碼的影格；請轉換成 MP4 再試一次。</translation>
    </message>
    <message>
        <source>{0} is not a video that can be read; use {1}.</source>
        <translation>{0} 不是可以讀取的影片；請用 {1}。</translation>
    </message>
    <message>
        <source>{0} is not a picture that can be read; use {1}.</source>
        <translation>{0} 不是可以讀取的圖片；請用 {1}。</translation>
    </message>
    <message>
        <source>{0} is too large ({1} x {2}); scale it down to at most {3}.</source>
        <translation>{0} 太大（{1} x {2}）；請縮小到最多 {3}。</translation>
    </message>
    <message>
        <source>{0} is empty (0 bytes); copy or download it again.</source>
        <translation>{0} 是空的（0 位元組）；請重新複製或下載。</translation>
    </message>
    <message>
        <source>{0} doesn&apos;t exist; check the path.</source>
        <translation>{0} 不存在；請檢查路徑。</translation>
    </message>
    <message>
        <source>{0} may not be read; change its permissions.</source>
        <translation>{0} 不能讀取；請更改權限。</translation>
    </message>
    <message>
        <source>{0} is damaged or cut short; save or copy the picture again.</source>
        <translation>{0} 已損壞或不完整；請重新儲存或複製圖片。</translation>
    </message>
    <message>
        <source>The picture is an animation; its first frame is used.</source>
        <translation>圖片是動畫；使用它的第一個影格。</translation>
    </message>
    <message>
        <source>The picture is an animation; frame {0} is used, the first that shows something.</source>
        <translation>圖片是動畫；使用第 {0} 個影格，也就是第一個有內容的。</translation>
    </message>
    <message>
        <source>turn the picture upright and try again</source>
        <translation>請將圖片轉正再試一次</translation>
    </message>
    <message>
        <source>crop the picture to the person</source>
        <translation>請將圖片裁切到人</translation>
    </message>
    <message>
        <source>take a larger picture, from closer</source>
        <translation>請從較近處拍一張較大的</translation>
    </message>
    <message>
        <source>the left one</source>
        <translation>左邊那件</translation>
    </message>
    <message>
        <source>the right one</source>
        <translation>右邊那件</translation>
    </message>
    <message>
        <source>the upper one</source>
        <translation>上面那件</translation>
    </message>
    <message>
        <source>the lower one</source>
        <translation>下面那件</translation>
    </message>
    <message>
        <source>the middle one</source>
        <translation>中間那件</translation>
    </message>
    <message>
        <source>upper</source>
        <translation>上衣</translation>
    </message>
    <message>
        <source>lower</source>
        <translation>裙裝或褲裝</translation>
    </message>
    <message>
        <source>dress</source>
        <translation>洋裝</translation>
    </message>
    <message>
        <source>{0} doesn&apos;t fit a body in this pose; a photo with arms and legs in view works better.</source>
        <translation>{0}在這個姿勢下與身體不符；手腳都看得見的照片效果更好。</translation>
    </message>
    <message>
        <source>{0} don&apos;t fit a body in this pose; a photo with arms and legs in view works better.</source>
        <translation>{0}在這個姿勢下與身體不符；手腳都看得見的照片效果更好。</translation>
    </message>
    <message>
        <source>the left arm</source>
        <translation>左臂</translation>
    </message>
    <message>
        <source>the right arm</source>
        <translation>右臂</translation>
    </message>
    <message>
        <source>the left leg</source>
        <translation>左腿</translation>
    </message>
    <message>
        <source>the right leg</source>
        <translation>右腿</translation>
    </message>
    <message>
        <source>, </source>
        <translation>、</translation>
    </message>
    <message>
        <source>It is cut a little wider than its picture says: it would be too tight on this body.</source>
        <translation>裁得比圖片稍寬：否則在這個身體上會太緊。</translation>
    </message>
    <message>
        <source>The garment can&apos;t be put on this body; check its kind and its landmarks, or choose another cut.</source>
        <translation>這件衣服無法穿到這個身體上；請檢查它的種類與特徵點，或選擇其他裁法。</translation>
    </message>
    <message>
        <source>The top has one shoulder in its picture; it is cut with two.</source>
        <translation>圖片中的上衣是單肩；裁成了雙肩。</translation>
    </message>
    <message>
        <source>No sleeves are seen: they are cut from the trunk&apos;s cloth.</source>
        <translation>看不到袖子：袖子用衣身的布裁成。</translation>
    </message>
    <message>
        <source>The cut-out has no cloth between its waist and its hem; paint it anew, or use another picture.</source>
        <translation>去背結果在腰與下襬之間沒有布料；請重新塗繪去背，或使用另一張圖片。</translation>
    </message>
    <message>
        <source>It looks like another kind of garment than the front; use a picture of the same one.</source>
        <translation>看起來與正面不是同一種服裝；請使用同一件的圖片。</translation>
    </message>
    <message>
        <source>Without shoulders in its picture it gets no sleeves; use another picture for them.</source>
        <translation>圖片中沒有肩部，因此不會有袖子；需要袖子請使用另一張圖片。</translation>
    </message>
</context>
<context>
    <name>RenderBar</name>
    <message>
        <source>Progress</source>
        <translation>進度</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>品質</translation>
    </message>
    <message>
        <source>Draft is quick, to see the movement; Final is as good as it gets</source>
        <translation>「草稿」快速，用來查看動態；「最終」為最佳品質</translation>
    </message>
    <message>
        <source>Draft</source>
        <translation>草稿</translation>
    </message>
    <message>
        <source>Final</source>
        <translation>最終</translation>
    </message>
</context>
<context>
    <name>Rendering</name>
    <message>
        <source>Stopping after this frame</source>
        <translation>完成這個影格後停止</translation>
    </message>
    <message>
        <source>Exporting</source>
        <translation>匯出中</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>品質</translation>
    </message>
    <message>
        <source>Rendering</source>
        <translation>算圖中</translation>
    </message>
    <message>
        <source>Rendering {0} of {1}</source>
        <translation>算圖中 {0}／{1}</translation>
    </message>
    <message>
        <source>{0}, {1} left</source>
        <translation>{0}，剩餘 {1}</translation>
    </message>
    <message>
        <source>{0} s</source>
        <translation>{0} 秒</translation>
    </message>
    <message>
        <source>{0} min</source>
        <translation>{0} 分鐘</translation>
    </message>
    <message>
        <source>Exporting {0} of {1}</source>
        <translation>匯出中 {0}／{1}</translation>
    </message>
    <message>
        <source>All frames are rendered</source>
        <translation>所有影格皆已算圖</translation>
    </message>
    <message>
        <source>1 frame to render</source>
        <translation>1 個影格待算圖</translation>
    </message>
    <message>
        <source>{0} frames to render</source>
        <translation>{0} 個影格待算圖</translation>
    </message>
    <message>
        <source>a person</source>
        <translation>人物</translation>
    </message>
    <message>
        <source>a garment</source>
        <translation>服裝</translation>
    </message>
    <message>
        <source>a motion</source>
        <translation>動作</translation>
    </message>
    <message>
        <source>Needs {0} and {1}</source>
        <translation>還需要{0}與{1}</translation>
    </message>
    <message>
        <source>, </source>
        <translation>、</translation>
    </message>
    <message>
        <source>Needs {0}</source>
        <translation>還需要{0}</translation>
    </message>
    <message>
        <source>All frames from In to Out are rendered</source>
        <translation>入點到出點的影格都已算圖</translation>
    </message>
    <message>
        <source>{0} frames from In to Out to render</source>
        <translation>入點到出點有 {0} 個影格待算圖</translation>
    </message>
    <message>
        <source>Render goes on reading the video</source>
        <translation>按「算圖」會繼續讀取影片</translation>
    </message>
    <message>
        <source>Waits for another photo</source>
        <translation>等待另一張照片</translation>
    </message>
    <message>
        <source>Waits for another picture of a garment</source>
        <translation>等待另一張服裝圖片</translation>
    </message>
    <message>
        <source>Waits for another motion</source>
        <translation>等待另一個動作</translation>
    </message>
</context>
<context>
    <name>Shelf</name>
    <message>
        <source>Gallery: {well}</source>
        <translation>圖庫：{well}</translation>
    </message>
</context>
<context>
    <name>ShortcutEditor</name>
    <message>
        <source>Keyboard Shortcuts</source>
        <translation>鍵盤快速鍵</translation>
    </message>
    <message>
        <source>Keys of the chosen action</source>
        <translation>所選功能的按鍵</translation>
    </message>
    <message>
        <source>No Key</source>
        <translation>不設按鍵</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>重設</translation>
    </message>
    <message>
        <source>Reset All</source>
        <translation>全部重設</translation>
    </message>
    <message>
        <source>Keys:</source>
        <translation>按鍵：</translation>
    </message>
    <message>
        <source>Why the keys were refused</source>
        <translation>無法使用這組按鍵的原因</translation>
    </message>
    <message>
        <source>{0} is taken by “{1}”. Give that one another key first.</source>
        <translation>{0} 已由「{1}」使用，請先為它指定其他按鍵。</translation>
    </message>
</context>
<context>
    <name>SkeletonTile</name>
    <message>
        <source>Play the motion</source>
        <translation>播放動作</translation>
    </message>
    <message>
        <source>Pause the motion</source>
        <translation>暫停動作</translation>
    </message>
</context>
<context>
    <name>Studio</name>
    <message>
        <source>FashionMirror {0}
A virtual try-on studio.

{1}
{2}</source>
        <translation>FashionMirror {0}
虛擬試衣工作室。

{1}
{2}</translation>
    </message>
    <message>
        <source>About FashionMirror</source>
        <translation>關於 FashionMirror</translation>
    </message>
</context>
<context>
    <name>StudioStatus</name>
    <message>
        <source>Engine</source>
        <translation>引擎</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>權重</translation>
    </message>
    <message>
        <source>Activity</source>
        <translation>目前工作</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>佇列</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>記憶體</translation>
    </message>
    <message>
        <source>Saved</source>
        <translation>已儲存</translation>
    </message>
    <message>
        <source>Loading the engine…</source>
        <translation>正在載入引擎…</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Metal</source>
        <translation>Metal</translation>
    </message>
    <message>
        <source>1 thread</source>
        <translation>1 個執行緒</translation>
    </message>
    <message>
        <source>{0} threads</source>
        <translation>{0} 個執行緒</translation>
    </message>
    <message>
        <source>Weights: {0} ({1})</source>
        <translation>權重：{0}（{1}）</translation>
    </message>
    <message>
        <source>Weights: none, the built-in method</source>
        <translation>權重：無，使用內建方法</translation>
    </message>
    <message>
        <source>Not saved</source>
        <translation>未儲存</translation>
    </message>
    <message>
        <source>{0} GB</source>
        <translation>{0} GB</translation>
    </message>
    <message>
        <source>Memory that the studio takes</source>
        <translation>工作室使用的記憶體</translation>
    </message>
    <message>
        <source>Turn</source>
        <translation>轉向</translation>
    </message>
    <message>
        <source>Turned {0}° to the right</source>
        <translation>已向右轉 {0}°</translation>
    </message>
    <message>
        <source>Turned {0}° to the left</source>
        <translation>已向左轉 {0}°</translation>
    </message>
</context>
<context>
    <name>StudioWindow</name>
    <message>
        <source>Look</source>
        <translation>造型</translation>
    </message>
    <message>
        <source>Samples and recent files</source>
        <translation>範例與最近使用的檔案</translation>
    </message>
</context>
<context>
    <name>Templates</name>
    <message>
        <source>The runway walk towards the camera, feet on one line, hips and arms in counter-swing; loops</source>
        <translation>朝鏡頭走的伸展台步伐，雙腳踩成一直線，臀部與手臂反向擺動；可循環</translation>
    </message>
    <message>
        <source>Walks up, stops with the weight on one leg and sets the right hand on the hip</source>
        <translation>走向前停下，重心放在單腳，右手叉腰</translation>
    </message>
    <message>
        <source>Turns to three quarters on small steps, shows the side and comes back; loops</source>
        <translation>以小碎步轉到四分之三側面，展示側身後轉回；可循環</translation>
    </message>
    <message>
        <source>Stands and shifts the weight softly from leg to leg; loops</source>
        <translation>站立，重心在兩腳之間輕輕轉移；可循環</translation>
    </message>
    <message>
        <source>A brisk, confident walk with strong hips and arms; loops</source>
        <translation>輕快自信的步伐，臀部與手臂擺動明顯；可循環</translation>
    </message>
    <message>
        <source>A calm, straight walk that lets long skirts move; loops</source>
        <translation>沉穩筆直的步伐，讓長裙飄動；可循環</translation>
    </message>
    <message>
        <source>Steps from side to side in rhythm, the free foot closing; loops</source>
        <translation>隨節奏左右踏步，另一腳併攏；可循環</translation>
    </message>
    <message>
        <source>Crosses one foot before the other and holds, a classic look-book stance</source>
        <translation>雙腳前後交叉站定，經典的型錄站姿</translation>
    </message>
    <message>
        <source>Sets both hands on the hips, rocks once and holds</source>
        <translation>雙手叉腰，輕晃一次後站定</translation>
    </message>
    <message>
        <source>Greets with a small wave of the right hand and lets it sink</source>
        <translation>舉起右手輕輕揮手招呼，再放下</translation>
    </message>
    <message>
        <source>Walks the runway up and back, with a stop at the front, hand on hip, and a turn at either end; loops</source>
        <translation>走伸展台來回，在前端停下叉腰，兩端轉身；可循環</translation>
    </message>
    <message>
        <source>Turns all the way round on the spot, on small steps; loops</source>
        <translation>以小碎步在原地轉一整圈；可循環</translation>
    </message>
    <message>
        <source>Stands still and is turned all the way round, evenly, as on a turntable; loops</source>
        <translation>站立不動，如在轉盤上勻速轉一整圈；可循環</translation>
    </message>
    <message>
        <source>catwalk</source>
        <translation>伸展台</translation>
    </message>
    <message>
        <source>walk</source>
        <translation>走路</translation>
    </message>
    <message>
        <source>walk-pause</source>
        <translation>走路停步</translation>
    </message>
    <message>
        <source>turn</source>
        <translation>轉身</translation>
    </message>
    <message>
        <source>three-quarter</source>
        <translation>四分之三側身</translation>
    </message>
    <message>
        <source>turntable</source>
        <translation>轉盤</translation>
    </message>
    <message>
        <source>idle</source>
        <translation>站立</translation>
    </message>
    <message>
        <source>strut</source>
        <translation>闊步</translation>
    </message>
    <message>
        <source>slow-walk</source>
        <translation>慢走</translation>
    </message>
    <message>
        <source>step-touch</source>
        <translation>踏點步</translation>
    </message>
    <message>
        <source>crossed-feet</source>
        <translation>交叉腳</translation>
    </message>
    <message>
        <source>akimbo</source>
        <translation>叉腰</translation>
    </message>
    <message>
        <source>wave</source>
        <translation>揮手</translation>
    </message>
</context>
<context>
    <name>Tile</name>
    <message>
        <source>{title}: {content}</source>
        <translation>{title}：{content}</translation>
    </message>
</context>
<context>
    <name>Timeline</name>
    <message>
        <source>Part of the timeline that is seen</source>
        <translation>時間軸的可見範圍</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>時間軸</translation>
    </message>
    <message>
        <source>Frames</source>
        <translation>影格</translation>
    </message>
    <message>
        <source>Clothing</source>
        <translation>服裝</translation>
    </message>
    <message>
        <source>Removed</source>
        <translation>移除區</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>Frame {0} of {1}</source>
        <translation>第 {0}／{1} 格</translation>
    </message>
    <message>
        <source>not rendered</source>
        <translation>尚未算圖</translation>
    </message>
    <message>
        <source>rendered</source>
        <translation>已算圖</translation>
    </message>
    <message>
        <source>changed since it was rendered</source>
        <translation>算圖後已有變更</translation>
    </message>
    <message>
        <source>rendering</source>
        <translation>算圖中</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失敗</translation>
    </message>
    <message>
        <source>mended by hand</source>
        <translation>已手動修補</translation>
    </message>
    <message>
        <source>, </source>
        <translation>，</translation>
    </message>
    <message>
        <source>No clip</source>
        <translation>沒有影片片段</translation>
    </message>
    <message>
        <source>Space plays the motion, Render makes its frames</source>
        <translation>空白鍵播放動作，「算圖」製作影格</translation>
    </message>
</context>
<context>
    <name>ToolStrip</name>
    <message>
        <source>Tools</source>
        <translation>工具</translation>
    </message>
</context>
<context>
    <name>TransportBar</name>
    <message>
        <source>Transport</source>
        <translation>播放控制</translation>
    </message>
    <message>
        <source>First frame</source>
        <translation>第一格</translation>
    </message>
    <message>
        <source>One frame back</source>
        <translation>後退一格</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>播放</translation>
    </message>
    <message>
        <source>One frame on</source>
        <translation>前進一格</translation>
    </message>
    <message>
        <source>Last frame</source>
        <translation>最後一格</translation>
    </message>
    <message>
        <source>In point here</source>
        <translation>在此設定入點</translation>
    </message>
    <message>
        <source>Out point here</source>
        <translation>在此設定出點</translation>
    </message>
    <message>
        <source>Play again and again</source>
        <translation>反覆播放</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>時間</translation>
    </message>
    <message>
        <source>Frame</source>
        <translation>影格</translation>
    </message>
    <message>
        <source>frame {0} / {1}</source>
        <translation>影格 {0} / {1}</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>速度</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暫停</translation>
    </message>
</context>
<context>
    <name>Viewer</name>
    <message>
        <source>Picture</source>
        <translation>畫面</translation>
    </message>
    <message>
        <source>{0} % of its size</source>
        <translation>原尺寸的 {0} %</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>原圖</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>結果</translation>
    </message>
    <message>
        <source>Rendered before the last change</source>
        <translation>這是上次變更前的算圖</translation>
    </message>
</context>
<context>
    <name>Well</name>
    <message>
        <source>Reading the {well}</source>
        <translation>正在讀取{well}</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Cancel reading the {well}</source>
        <translation>取消讀取{well}</translation>
    </message>
    <message>
        <source>Replace…</source>
        <translation>取代…</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>開啟…</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>貼上</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Show in Folder</source>
        <translation>在資料夾中顯示</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>最近使用</translation>
    </message>
</context>
<context>
    <name>WipeHandle</name>
    <message>
        <source>Wipe between source and result</source>
        <translation>原圖與結果的滑動對照</translation>
    </message>
    <message>
        <source>Drag, or use the arrow keys, to wipe between source and result</source>
        <translation>拖曳或使用方向鍵，滑動對照原圖與結果</translation>
    </message>
    <message>
        <source>{0} % source</source>
        <translation>原圖 {0} %</translation>
    </message>
</context>
<context>
    <name>WorkerReports</name>
    <message>
        <source>Something went wrong in FashionMirror.</source>
        <translation>FashionMirror 發生問題。</translation>
    </message>
</context>
<context>
    <name>_Searchable</name>
    <message>
        <source>Search actions and keys</source>
        <translation>搜尋功能與按鍵</translation>
    </message>
</context>
</TS>
